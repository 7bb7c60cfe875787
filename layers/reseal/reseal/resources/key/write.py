"""Step 5 for one KMS key: write, read back, and return the outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reseal.core.errors import NotFoundError, RefusalError, TransientError
from reseal.core.outcome import Applied, Failed, Outcome, SkipCause, Skipped
from reseal.core.refusal import outcome_of_refusal
from reseal.core.repairs.repair import Repair
from reseal.core.resource import KeyResource
from reseal.core.state.key_settings import ENABLED, KeyRotation, KeyState
from reseal.core.state.kms_key import KmsKey
from reseal.core.state.setting import Setting, State
from reseal.flow.stages import Entry
from reseal.ports import KeyServices, Services

SETTINGS = (Setting.KEY_ROTATION, Setting.KEY_STATE)
"""The settings that this lane may write."""

_READ_BACK_PAUSES = (0.2, 0.5, 1.0, 2.0)
"""Seconds between reads after a write: KMS follows eventual consistency (KMS Developer Guide)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPlan:
    """One write of a key's setting. `found` is what was read; an interrupted repair began before that."""

    repair: Repair
    found: State

    @property
    def action(self) -> str:
        """The KMS call that writes: a key's setting is named by it."""
        return self.repair.setting

    @property
    def details(self) -> Mapping[str, str]:
        """No further evidence: the setting's state is all that is replaced."""
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Makes the write of an open entry. Raises TransientError; a refusal is an outcome."""

    key: KeyResource
    services: Services
    keys: KeyServices

    def write(self, entry: Entry, plan: KeyPlan) -> Entry:
        """Make the write if the key is still as it was read, read back and compare.

        KMS takes no condition, so a key that has changed is judged again.
        """
        try:
            if not self._read(plan.repair.setting).equals(plan.found):
                raise TransientError(f"{self.key.in_words} changed while its repair was prepared")
            stopped = self._put(plan)
            return replace(entry, outcome=stopped or self._outcome(plan))
        except RefusalError as refusal:
            return replace(entry, outcome=outcome_of_refusal(refusal, self.key.kind))

    def _put(self, plan: KeyPlan) -> Outcome | None:
        """Make the calls; the outcome if the second was refused."""
        match plan.repair.intended:
            case KeyRotation(period=int(period)):
                self.keys.management.enable_rotation(self.key.kms_key, period)
            case KeyState(state=state):
                return self._restore(plan, enables=state == ENABLED)
        return None

    def _restore(self, plan: KeyPlan, *, enables: bool) -> Outcome | None:
        arn, management = self.key.kms_key, self.keys.management
        if plan.found.equals(plan.repair.before):
            management.cancel_deletion(arn)
        if not enables:
            return None
        try:
            management.enable(arn)
        except RefusalError as refusal:
            outcome = outcome_of_refusal(refusal, self.key.kind)
            if isinstance(outcome, Failed):
                reason = f"the deletion is cancelled, but the key stays disabled: {outcome.reason}"
                return replace(outcome, reason=reason)
            return outcome
        return None

    def _outcome(self, plan: KeyPlan) -> Outcome:
        found = self._read(plan.repair.setting)
        for pause in _READ_BACK_PAUSES:
            if found.meets(plan.repair.intended):
                return Applied(after=found, at=self.services.clock.now())
            self.services.clock.sleep(pause)
            found = self._read(plan.repair.setting)
        if found.meets(plan.repair.intended):
            return Applied(after=found, at=self.services.clock.now())
        if found.equals(plan.found):
            raise TransientError(f"KMS still shows {found.in_words} after the write of {self.key.in_words}")
        reason = f"somebody has changed the key since the write: it has {found.in_words}"
        return Skipped(cause=SkipCause.NEWER, reason=reason)

    def _read(self, setting: str) -> State:
        if setting == Setting.KEY_ROTATION:
            return self.keys.management.read_rotation(self.key.kms_key)
        key = self.services.keys.describe(self.key.kms_key, max_age=0)
        if not isinstance(key, KmsKey):
            raise NotFoundError("NotFoundException", "kms:DescribeKey", "KMS does not show the key")
        return KeyState.of(key)
