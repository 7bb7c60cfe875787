"""Whom a KMS key's policy admits to use the key through S3."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from reseal.core.guard.grantees import Grantee, Kind
from reseal.core.guard.policy_document import (
    SAYS_EQUAL,
    Statement,
    account_of_arn,
    conditions,
    fits,
    listed,
    names_action,
    statements,
)

_BUCKET_KEY_WRITERS = frozenset({"delivery.logs.amazonaws.com"})
"""Services that also need kms:Decrypt to write where the Bucket Key is on (CloudFront, standard logging)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPolicy:
    """A key's policy, and where it is used: by callers through S3 in `region`, for buckets of `account`.

    `document` is None where the policy cannot be read: whom it admits is then not known.
    """

    key_arn: str
    document: Mapping[str, Any] | None
    account: str
    region: str

    def admits(self, grantee: Grantee) -> bool | None:
        """Whether the grantee can do with this key what the bucket policy lets it do; None if unknown.

        Callers of the bucket's own account are left to their own IAM policies, as key policies do.
        """
        if grantee.kind is Kind.ACCOUNT and grantee.account == self.account:
            return True
        if self.document is None:
            return None
        return all(self._allows(self.document, grantee, action) for action in _needed(grantee))

    def _allows(self, document: Mapping[str, Any], grantee: Grantee, action: str) -> bool:
        denied = any(_about(s, grantee, action) for s in statements(document, "Deny"))
        allowed = any(
            _about(s, grantee, action) and self._conditions_hold(s, grantee)
            for s in statements(document, "Allow")
        )
        return allowed and not denied

    @property
    def _via_service(self) -> str:
        """S3's endpoint as KMS names it; its suffix is the partition's (`AWS::URLSuffix`)."""
        suffix = "amazonaws.com.cn" if self.key_arn.startswith("arn:aws-cn:") else "amazonaws.com"
        return f"s3.{self.region}.{suffix}"

    def _conditions_hold(self, statement: Statement, grantee: Grantee) -> bool:
        """Whether every condition is one the guard knows to hold. An unknown one is taken not to."""
        known: dict[str, Collection[str]] = {
            "kms:viaservice": [self._via_service],
            "kms:calleraccount": [grantee.account] if grantee.account else [],
            "aws:principalaccount": [grantee.account] if grantee.account else [],
            "aws:sourceaccount": [self.account] if grantee.kind is Kind.SERVICE else [],
            "aws:sourcearn": grantee.source_arns,
        }
        return all(
            operator in SAYS_EQUAL and _all_fit(known.get(key, ()), patterns)
            for operator, key, patterns in conditions(statement)
        )


def _all_fit(values: Collection[str], patterns: list[str]) -> bool:
    """Whether there are values, and each fits a pattern."""
    return bool(values) and all(any(fits(pattern, value) for pattern in patterns) for value in values)


def _needed(grantee: Grantee) -> set[str]:
    """KMS actions behind S3's: reads decrypt; writes make a data key, and uploads in parts read it back."""
    needed = set()
    if grantee.reads:
        needed.add("kms:Decrypt")
    if grantee.writes:
        needed.add("kms:GenerateDataKey")
        if grantee.kind is Kind.ACCOUNT or grantee.name in _BUCKET_KEY_WRITERS:
            needed.add("kms:Decrypt")
    return needed


def _about(statement: Statement, grantee: Grantee, action: str) -> bool:
    return names_action(statement, action) and _names(statement, grantee)


def _names(statement: Statement, grantee: Grantee) -> bool:
    principal = statement.get("Principal")
    if principal == "*":
        principal = {"AWS": "*"}
    if not isinstance(principal, Mapping):
        return False
    if grantee.kind is Kind.SERVICE:
        return grantee.name in listed(principal.get("Service"))
    if grantee.kind is not Kind.ACCOUNT:
        return False
    named = [str(name) for name in listed(principal.get("AWS"))]
    return any(name in ("*", grantee.name) or _is_whole_account(name, grantee) for name in named)


def _is_whole_account(name: str, grantee: Grantee) -> bool:
    """An account's root principal stands for the account, which may then let its own callers in."""
    whole = name.isdecimal() or name.endswith(":root")
    return whole and account_of_arn(name) == grantee.account
