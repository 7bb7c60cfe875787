"""Step 3, values: what is required of one resource, which keys are approved, and the mode of each check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from reseal.core.decision import Exempt
from reseal.core.state.bucket_encryption import SseAlgorithm
from reseal.core.state.kms_key import KeyReference, KmsKey, parse_key_reference


class Mode(StrEnum):
    """What a check may do: write, only report, or nothing. The stack's own mode limits every check."""

    ENFORCE = "enforce"
    DETECT = "detect"
    OFF = "off"


_STRICTNESS = {mode: number for number, mode in enumerate(Mode)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What is required of one resource, in one account and Region.

    `remediation_key` is the ARN of the key that remediations set; it is always approved. `listed_keys`
    is None in `account` mode, in which every customer managed key of the account is approved, unless its
    key material was made outside AWS; in list mode it holds the other approved ARNs.
    `callers_may_use_key`: the operator has confirmed that IAM lets every caller of the account use the
    remediation key. Otherwise the key policy must show it. `exempts_log_deliveries`: no check judges the
    logs that AWS services deliver. `exempt` says why no check judges the resource; None if they do.
    `record_only`: Reseal has no right to the resource, so it reads and writes nothing there, and reports what
    the record of a call states. `mode` is that of the whole stack. `rotation_days` is the period of a key's
    rotation where none is known. `runbook` is the address of the runbook's page.
    """

    account: str
    region: str
    required: SseAlgorithm
    remediation_key: str
    listed_keys: frozenset[str] | None = None
    replace_unapproved: bool = False
    callers_may_use_key: bool = True
    exempts_log_deliveries: bool = False
    exempt: Exempt | None = None
    record_only: bool = False
    mode: Mode = Mode.ENFORCE
    check_modes: Mapping[str, Mode]
    rotation_days: int = 365
    runbook: str = "docs/runbook.md"

    @property
    def partition(self) -> str:
        """The AWS partition in the ARN of the remediation key."""
        return self.remediation_key.split(":")[1]

    def mode_of(self, check_id: str) -> Mode:
        """The more restrictive of the check's own mode and the stack's mode."""
        return max(self.check_modes[check_id], self.mode, key=_STRICTNESS.__getitem__)

    def enforces(self, check_id: str) -> bool:
        """Whether a check may write."""
        return self.mode_of(check_id) is Mode.ENFORCE

    def owns(self, account: str | None) -> bool:
        """Whether this is the deployment's account. A key named without an account is looked up in it."""
        return account in (None, self.account)

    def names_approved(self, key_arn: str) -> bool:
        """Whether the operator approved this ARN: it is the remediation key or listed."""
        return key_arn == self.remediation_key or key_arn in (self.listed_keys or ())

    def approves(self, key: KmsKey) -> bool:
        """Whether this key is approved. AWS managed keys never are: they cannot be shared (E11)."""
        if key.is_aws_managed:
            return False
        in_account_mode = self.listed_keys is None and self.owns(key.account) and not key.why_not_kms_alone
        return in_account_mode or self.names_approved(key.arn)

    def must_describe(self, key: KeyReference) -> bool:
        """Whether DescribeKey can change the decision about a resource that names this key.

        An AWS managed key is recognised by its alias and is never approved. A key of another Region or
        partition cannot be used in any case. Another account's key is described only if its ARN is
        approved, or if it is an alias in an account that has approved keys: every other foreign key is
        unapproved in any case.
        """
        if key.is_aws_managed or key.why_elsewhere(self.partition, self.region):
            return False
        if self.owns(key.account) or self.names_approved(key.text):
            return True
        approved_accounts = {parse_key_reference(arn).account for arn in self.named_keys}
        return not key.is_key_arn and key.account in approved_accounts

    @property
    def named_keys(self) -> frozenset[str]:
        """The ARNs of the keys that the operator approved one by one: the remediation key and listed keys."""
        return frozenset({self.remediation_key, *(self.listed_keys or ())})
