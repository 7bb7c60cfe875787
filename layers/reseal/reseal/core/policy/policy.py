"""Step 3, values: what is required, which keys are approved, and how far each check may go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from reseal.core.state.bucket_encryption import SseAlgorithm
from reseal.core.state.kms_key import KeyReference, KmsKey, parse_key_reference


class Mode(StrEnum):
    """How far a check may go. The stack has a mode too, and no check goes further than that."""

    ENFORCE = "enforce"
    DETECT = "detect"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The requirements of one deployment: one account, one Region.

    `remediation_key` is K, the ARN of the key that remediations write; it is always approved.
    `listed_keys` is None in `account` mode, where every customer managed key of the account is
    approved; in list mode it holds the ARNs approved besides K. `callers_may_use_key` says that K is
    the stack's own key, which admits every caller of the account, or that the operator vouches for it.
    """

    account: str
    region: str
    required: SseAlgorithm
    remediation_key: str
    listed_keys: frozenset[str] | None = None
    replace_unapproved: bool = False
    exempt_control_tower: bool = True
    callers_may_use_key: bool = True
    mode: Mode = Mode.ENFORCE
    check_modes: Mapping[str, Mode]

    @property
    def partition(self) -> str:
        """The AWS partition, as K's ARN names it."""
        return self.remediation_key.split(":")[1]

    def mode_of(self, check_id: str) -> Mode:
        """The mode of a check: its own or the stack's, whichever goes less far."""
        order = list(Mode)
        return max(self.check_modes[check_id], self.mode, key=order.index)

    def enforces(self, check_id: str) -> bool:
        """Whether a check may write."""
        return self.mode_of(check_id) is Mode.ENFORCE

    def names_approved(self, key_arn: str) -> bool:
        """Whether the operator approved this very ARN: it is K or listed."""
        return key_arn == self.remediation_key or key_arn in (self.listed_keys or ())

    def approves(self, key: KmsKey) -> bool:
        """Whether a bucket may keep this key. AWS managed keys never are: they cannot be shared (E11)."""
        if key.is_aws_managed:
            return False
        in_account_mode = self.listed_keys is None and key.account == self.account
        return in_account_mode or self.names_approved(key.arn)

    def must_describe(self, key: KeyReference) -> bool:
        """Whether DescribeKey can change the decision about what names this key.

        An AWS managed key is never approved, and known by its alias. Another account's key is only
        worth asking about when it is approved by name, or when it is an alias in an account that has
        approved keys: every other one is unapproved whatever it is.
        """
        if key.is_aws_managed:
            return False
        if key.account in (None, self.account) or self.names_approved(key.text):
            return True
        approved_accounts = {parse_key_reference(arn).account for arn in self._named_keys()}
        return not key.is_key_arn and key.account in approved_accounts

    def _named_keys(self) -> frozenset[str]:
        return frozenset({self.remediation_key, *(self.listed_keys or ())})
