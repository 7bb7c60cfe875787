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
from reseal.core.access.patterns import Style, exact
from reseal.core.access.ranges import Range, always
from reseal.core.access.requests import Requests
from reseal.core.policy.policy import Policy

_DECRYPTING_WRITERS = frozenset({"delivery.logs.amazonaws.com", "config.amazonaws.com"})
"""Services that need kms:Decrypt to write too (CloudFront, standard logging; AWS Config Developer Guide,
"Permissions for the KMS Key for the AWS Config Delivery Channel")."""

_DESCRIBING_WRITERS = frozenset({"cloudtrail.amazonaws.com"})
"""Services that also need kms:DescribeKey: CloudTrail checks it when a trail is created or changed (E24)."""

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
    def of(cls, policy: Policy, key_arn: str, document: Mapping[str, Any] | None) -> KeyPolicy:
        """The policy of a key, for the buckets of one deployment."""
        return cls(key_arn=key_arn, document=document, account=policy.account, region=policy.region)

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
        answers = [
            answer_of(self.document, self.through_s3(cell), action)
            for cell in _possible(requests.cells(split))
            for action in actions
        ]
        return min(answers, key=lambda answer: (False, None, True).index(answer.holds))

    def through_s3(self, requests: Requests) -> Requests:
        """The requests that S3 sends to KMS for these callers: over TLS, in its own name, for this key."""
        account = requests.range_of("aws:principalaccount")
        known = {
            "kms:calleraccount": account,
            "kms:viaservice": always(f"s3.{self.region}.{_SUFFIXES.get(self.partition, 'amazonaws.com')}"),
            "kms:encryptioncontext:aws:s3:arn": _encryption_context(requests.range_of(RESOURCE)),
            "aws:securetransport": always("true"),
            "aws:requestedregion": always(self.region),
            "aws:resourceaccount": always(account_of_arn(self.key_arn) or self.account),
            RESOURCE: always(self.key_arn),
        }
        if requests.caller.kind in (Kind.ACCOUNT, Kind.SIGNED):
            known["aws:viaawsservice"] = always("true")
        return requests.having(known | dict(_source_account(requests)))


def _possible(cells: list[Requests]) -> list[Requests]:
    """The cells whose source account is the account of the source ARN; all of them if none is."""
    return [cell for cell in cells if _agrees(cell)] or cells


def _agrees(cell: Requests) -> bool:
    accounts = {account_of_arn(part.text) for part in cell.range_of("aws:sourcearn").within}
    return len({*accounts, cell.value_of("aws:sourceaccount")} - {None}) <= 1


def _source_account(requests: Requests) -> Iterator[tuple[str, Range]]:
    """The ARN of a source resource contains its account, which is aws:SourceAccount (IAM, aws:SourceArn)."""
    arns = requests.range_of("aws:sourcearn")
    accounts = {account_of_arn(part.text) for part in arns.within if part.style is not Style.LIKE}
    if arns.present and "aws:sourceaccount" not in requests.ranges and accounts and None not in accounts:
        yield "aws:sourceaccount", always(*sorted(account for account in accounts if account))


def _encryption_context(resource: Range) -> Range:
    """The object's ARN, or under a Bucket Key the bucket's (S3 User Guide, S3 Bucket Keys)."""
    names = [part.text.split("/", 1)[0] for part in resource.within]
    if any(set("*?") & set(name) for name in names):
        return Range(present=True)
    return replace(resource, within=(*(exact(name) for name in names), *resource.within))


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
        if grantee.kind is not Kind.SERVICE or _decrypts_to_write(grantee.name):
            needed.add("kms:Decrypt")
        if grantee.name in _DESCRIBING_WRITERS:
            needed.add("kms:DescribeKey")
    return needed
