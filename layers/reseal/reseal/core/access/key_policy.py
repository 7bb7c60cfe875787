"""Step 3, decide: which callers a KMS key policy allows to use the key through S3.

Sources: AWS KMS Developer Guide, "Key policies" and "Condition keys for AWS KMS"; Amazon S3 User Guide,
"Using server-side encryption with AWS KMS keys".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reseal.core.access.callers import Caller, Kind
from reseal.core.access.evaluator import RESOURCE, Answer, answer_of
from reseal.core.access.grantees import Grantee
from reseal.core.access.iam_policy import account_of_arn
from reseal.core.access.logic import Settled
from reseal.core.access.patterns import Pattern, Style, exact
from reseal.core.access.ranges import ABSENT, UNKNOWN, Range, always
from reseal.core.access.requests import Requests
from reseal.core.policy.requirements import Requirements

_DECRYPTING_WRITERS = frozenset({"delivery.logs.amazonaws.com", "config.amazonaws.com"})
"""Services that need kms:Decrypt to write too (CloudFront, standard logging; AWS Config Developer Guide,
"Permissions for the KMS Key for the AWS Config Delivery Channel")."""

_DESCRIBING_WRITERS = frozenset({"cloudtrail.amazonaws.com"})
"""Services that also need kms:DescribeKey: CloudTrail checks it when a trail is created or changed (E24)."""

_NOT_OF_A_USE = dict.fromkeys(
    ("kms:bypasspolicylockoutsafetycheck", "kms:granteeprincipal", "kms:grantisforawsresource"), ABSENT
)
"""Condition keys of other requests than a use (KMS Developer Guide, "Condition keys for AWS KMS")."""

_MOST_TRIED = 128
"""How many parts of a set of requests are tried one by one; more are asked about as a whole."""

_SUFFIX = "amazonaws.com"
_SUFFIXES = {
    "aws-cn": "amazonaws.com.cn",
    "aws-eusc": "amazonaws.eu",
    "aws-iso": "c2s.ic.gov",
    "aws-iso-b": "sc2s.sgov.gov",
    "aws-iso-e": "cloud.adc-e.uk",
    "aws-iso-f": "csp.hci.ic.gov",
}
"""The domain of the services in each partition that has its own (`AWS::URLSuffix`)."""


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
    def of(cls, requirements: Requirements, key_arn: str, document: Mapping[str, Any] | None) -> KeyPolicy:
        """The policy of a key, for the buckets of one deployment."""
        return cls(
            key_arn=key_arn, document=document, account=requirements.account, region=requirements.region
        )

    @property
    def partition(self) -> str:
        """The AWS partition in the key's ARN."""
        return self.key_arn.split(":")[1] if self.key_arn.startswith("arn:") else "aws"

    def admits(self, grantee: Grantee) -> Answer:
        """Whether the key policy allows all that the bucket policy allows the grantee, and why.

        A statement for a whole account counts: the account's own IAM policies can then allow the key.
        `admits_every_caller` says whether callers of the bucket's account need such a policy; if the
        key policy cannot be read, only that is in doubt.
        """
        if self.document is None and grantee.account == self.account:
            return Answer(holds=True, reason="the account's own IAM policies can allow it")
        return self._answer(grantee.requests, sorted(_needed(grantee)))

    @property
    def admits_every_caller(self) -> Settled:
        """Whether the key policy alone allows every caller of the bucket's account the use through S3."""
        caller = Caller(Kind.ACCOUNT, self.account, self.account, lacks_iam_policy=True)
        everybody = Requests.of(caller, self.partition, **{RESOURCE: Range(present=True)})
        return self._answer(everybody, ["kms:Decrypt", "kms:GenerateDataKey"]).holds

    def _answer(self, requests: Requests, actions: list[str]) -> Answer:
        """The worst answer: a refusal, else a doubt, else the admission."""
        if self.document is None:
            return Answer(holds=None, reason="the policy cannot be read")
        split = [name for name in requests.ranges if name != RESOURCE]
        cells = _possible(requests.cells(split))
        answers = [
            answer_of(self.document, self.through_s3(cell), action)
            for cell in (cells if len(cells) <= _MOST_TRIED else [requests])
            for action in actions
        ]
        return min(answers, key=lambda answer: (False, None, True).index(answer.holds))

    def through_s3(self, requests: Requests) -> Requests:
        """The requests that S3 sends to KMS for these callers: over TLS, in its own name, for this key."""
        account = requests.range_of("aws:principalaccount")
        known = {
            "kms:calleraccount": account,
            "kms:viaservice": always(f"s3.{self.region}.{_SUFFIXES.get(self.partition, _SUFFIX)}"),
            "kms:encryptioncontext:aws:s3:arn": self._encryption_context(requests.range_of(RESOURCE)),
            **_NOT_OF_A_USE,
            "aws:securetransport": always("true"),
            "aws:requestedregion": always(self.region),
            "aws:resourceaccount": always(account_of_arn(self.key_arn) or self.account),
            RESOURCE: always(self.key_arn),
        }
        if requests.caller.kind in (Kind.ACCOUNT, Kind.SIGNED):
            known["aws:viaawsservice"] = always("true")
        return requests.having(known | dict(_implied_by_others(requests)))

    def _encryption_context(self, resource: Range) -> Range:
        """The object's ARN, or under a Bucket Key the bucket's (S3 User Guide, S3 Bucket Keys)."""
        names = [part.text.split("/", 1)[0] for part in resource.within]
        if any(set("*?") & set(name) for name in names):
            return Range(present=True, within=(Pattern(f"arn:{self.partition}:s3:::*"),))
        return replace(resource, within=(*(exact(name) for name in names), *resource.within))


def _possible(cells: list[Requests]) -> list[Requests]:
    """The cells whose source account is the account of the source ARN; all of them if none is."""
    return [cell for cell in cells if _agrees(cell)] or cells


def _agrees(cell: Requests) -> bool:
    accounts = {_account_of(part) for part in cell.range_of("aws:sourcearn").within}
    return len({*accounts, cell.value_of("aws:sourceaccount")} - {None}) <= 1


def _implied_by_others(requests: Requests) -> Iterator[tuple[str, Range]]:
    """The keys whose values those of another key imply, if the bucket policy demands nothing of them."""
    implied = {"aws:sourceaccount": _accounts(requests.range_of("aws:sourcearn"))}
    for of in ("principal", "source"):
        implied[f"aws:{of}orgid"] = _organizations(requests.range_of(f"ForAnyValue:aws:{of}orgpaths"))
    for key, values in implied.items():
        if values and None not in values and requests.range_of(key) == UNKNOWN:
            yield key, always(*sorted(value for value in values if value))


def _accounts(arns: Range) -> set[str | None]:
    """The ARN of a source resource contains its account, which is aws:SourceAccount (IAM, aws:SourceArn)."""
    return {_account_of(part) for part in arns.within} if arns.present else set()


def _account_of(arn: Pattern) -> str | None:
    """The account of all ARNs of a pattern. A `*` of a string, unlike one of an ARN, also matches colons."""
    may_shift = arn.style is Style.LIKE and set("*?") & set(arn.text.rpartition(":")[0])
    return None if may_shift else account_of_arn(arn.text)


def _organizations(paths: Range) -> set[str | None]:
    """A path begins with the organization's id (IAM, aws:PrincipalOrgPaths). A principal is in one only."""
    return {_organization_of(part) for part in paths.within} if paths.present else set()


def _organization_of(path: Pattern) -> str | None:
    organization, slash, _ = path.text.partition("/")
    return None if path.fold or not slash or set("*?") & set(organization) else organization


def service_of(grantee: Grantee) -> str | None:
    """The service by its name in the partition `aws`: some have another in theirs. None for other callers."""
    if grantee.kind is not Kind.SERVICE:
        return None
    own = next((one for one in _SUFFIXES.values() if grantee.name.endswith(f".{one}")), None)
    return f"{grantee.name.removesuffix(own)}{_SUFFIX}" if own else grantee.name


def _decrypts_to_write(service: str) -> bool:
    """Whether a service needs kms:Decrypt to write.

    Exports of CloudWatch Logs (`logs.<region>`) upload in parts (CloudWatch Logs User Guide, "Export log
    data to Amazon S3"). That is UNCONFIRMED; without the right they would fail, so it is demanded.
    """
    return service in _DECRYPTING_WRITERS or service.startswith("logs.")


def _needed(grantee: Grantee) -> set[str]:
    """The KMS actions needed: reads decrypt; writes make a data key; uploads in parts also decrypt it."""
    needed = set()
    if grantee.reads:
        needed.add("kms:Decrypt")
    if grantee.writes:
        needed.add("kms:GenerateDataKey")
        service = service_of(grantee)
        if service is None or _decrypts_to_write(service):
            needed.add("kms:Decrypt")
        if service in _DESCRIBING_WRITERS:
            needed.add("kms:DescribeKey")
    return needed
