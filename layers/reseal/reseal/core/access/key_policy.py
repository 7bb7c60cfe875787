"""Step 3, decide: which callers a KMS key policy allows to use the key through S3."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reseal.core.access.grantees import Grantee, Kind
from reseal.core.access.iam_policy import (
    SAYS_EQUAL,
    Statement,
    account_of_arn,
    conditions,
    fits,
    listed,
    names_action,
    statements,
)
from reseal.core.policy.policy import Policy

_BUCKET_KEY_WRITERS = frozenset({"delivery.logs.amazonaws.com"})
"""Services that also need kms:Decrypt to write if the Bucket Key is on (CloudFront, standard logging)."""

_DESCRIBING_WRITERS = frozenset({"cloudtrail.amazonaws.com"})
"""Services that also need kms:DescribeKey: CloudTrail checks it when a trail is created or changed (E24)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPolicy:
    """A key policy, used by callers through S3 in `region`, for buckets of `account`.

    `document` is None if the policy cannot be read: which callers it admits is then unknown.
    """

    key_arn: str
    document: Mapping[str, Any] | None
    account: str
    region: str

    @classmethod
    def of(cls, policy: Policy, key_arn: str, document: Mapping[str, Any] | None) -> KeyPolicy:
        """The policy of a key, for the buckets of one deployment."""
        return cls(key_arn=key_arn, document=document, account=policy.account, region=policy.region)

    def admits(self, grantee: Grantee) -> bool | None:
        """Whether the key policy allows what the bucket policy allows the grantee; None if unknown.

        Callers of the bucket's own account count as admitted: their own IAM policies can allow the key.
        `admits_every_caller` says whether they need such a policy.
        """
        if grantee.kind is Kind.ACCOUNT and grantee.account == self.account:
            return True
        if self.document is None or grantee.kind is Kind.UNKNOWN:
            return None
        return _all(self._allows(self.document, grantee, action) for action in _needed(grantee))

    @property
    def admits_every_caller(self) -> bool | None:
        """Whether the key policy alone allows every caller of the bucket's account the use through S3."""
        if self.document is None:
            return None
        anybody = Grantee(kind=Kind.ACCOUNT, name="*", reads=True, writes=True, account=self.account)
        return _all(self._allows(self.document, anybody, action) for action in _needed(anybody))

    def _allows(self, document: Mapping[str, Any], grantee: Grantee, action: str) -> bool | None:
        denied = _any(self._applies(s, grantee, action) for s in statements(document, "Deny"))
        if denied is True:
            return False
        allowed = _any(self._applies(s, grantee, action) for s in statements(document, "Allow"))
        return None if allowed and denied is None else allowed

    def _applies(self, statement: Statement, grantee: Grantee, action: str) -> bool | None:
        """Whether a statement applies to the grantee's use of the key; None if a condition is unknown."""
        if not names_action(statement, action):
            return False
        named = _names(statement, grantee)
        return _all((named, *(self._holds(condition, grantee) for condition in conditions(statement))))

    @property
    def _via_service(self) -> str:
        """The S3 endpoint as kms:ViaService names it; the partition sets its suffix (`AWS::URLSuffix`)."""
        suffix = "amazonaws.com.cn" if self.key_arn.startswith("arn:aws-cn:") else "amazonaws.com"
        return f"s3.{self.region}.{suffix}"

    def _holds(self, condition: tuple[str, str, list[str]], grantee: Grantee) -> bool | None:
        operator, key, patterns = condition
        if key == "aws:securetransport":
            return patterns == ["true"]  # S3 calls KMS over TLS
        known: dict[str, Collection[str]] = {
            "kms:viaservice": [self._via_service],
            "kms:calleraccount": [grantee.account] if grantee.account else [],
            "aws:principalaccount": [grantee.account] if grantee.account else [],
            "aws:sourceaccount": [self.account] if grantee.kind is Kind.SERVICE else [],
            "aws:sourcearn": grantee.source_arns,
        }
        if operator not in SAYS_EQUAL or key not in known:
            return None
        return _all_fit(known[key], patterns)


def _all(answers: Iterable[bool | None]) -> bool | None:
    """Three-valued AND: False if any is False, else None if any is None, else True."""
    found = set(answers)
    return False if False in found else None if None in found else True


def _any(answers: Iterable[bool | None]) -> bool | None:
    """Three-valued OR: True if any is True, else None if any is None, else False."""
    found = set(answers)
    return True if True in found else None if None in found else False


def _all_fit(values: Collection[str], patterns: list[str]) -> bool:
    """Whether there is at least one value, and each value matches a pattern."""
    return bool(values) and all(any(fits(pattern, value) for pattern in patterns) for value in values)


def _needed(grantee: Grantee) -> set[str]:
    """The KMS actions needed: reads decrypt; writes make a data key; uploads in parts also decrypt it."""
    needed = set()
    if grantee.reads:
        needed.add("kms:Decrypt")
    if grantee.writes:
        needed.add("kms:GenerateDataKey")
        if grantee.kind is Kind.ACCOUNT or grantee.name in _BUCKET_KEY_WRITERS:
            needed.add("kms:Decrypt")
        if grantee.name in _DESCRIBING_WRITERS:
            needed.add("kms:DescribeKey")
    return needed


def _names(statement: Statement, grantee: Grantee) -> bool | None:
    """Whether the statement names the grantee; None if unknown.

    In an Allow statement `*` covers callers only; in a Deny statement it covers services too.
    """
    if "NotPrincipal" in statement:
        return None
    principal = statement.get("Principal")
    if principal == "*":
        principal = {"AWS": "*"}
    if not isinstance(principal, Mapping):
        return False
    if grantee.kind is Kind.SERVICE:
        denied = statement.get("Effect") == "Deny" and "*" in listed(principal.get("AWS"))
        return denied or grantee.name in listed(principal.get("Service"))
    named = [str(name) for name in listed(principal.get("AWS"))]
    return any(name in ("*", grantee.name) or _is_whole_account(name, grantee) for name in named)


def _is_whole_account(name: str, grantee: Grantee) -> bool:
    """An account's root principal stands for the account, which can then admit its callers by IAM policy.

    It does not cover `*`, every caller: some callers have no such IAM policy.
    """
    whole = name.isdecimal() or name.endswith(":root")
    return grantee.name != "*" and whole and account_of_arn(name) == grantee.account
