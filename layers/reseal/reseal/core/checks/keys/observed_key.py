"""Step 2, value: everything that the checks of a KMS key need to decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reseal.core.decision import Severity
from reseal.core.policy.requirements import Requirements
from reseal.core.resource import KeyResource
from reseal.core.state.key_knowledge import KnownKey, LastUse
from reseal.core.state.key_settings import DISABLED, KeyRotation, KeyState
from reseal.core.state.kms_key import KeyNotFound, KmsKey
from reseal.core.state.setting import Setting, State

_MOST_NAMED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedKey:
    """A key as KMS shows it now, and what is known of its use.

    `rotation` is None if KMS was not asked: the key cannot rotate, or cannot now. `buckets` are the buckets
    that are known to use the key, `naming` those that name the alias of the call. `known` is what Reseal
    knows of the key. `last_use` is None if it was not asked for or KMS refused.
    `policy` is the key policy if it is judged and KMS shows it, else `policy_denied` says that it does not.
    `interrupted` is the state before a cancellation of this trigger that an earlier delivery did not finish.
    """

    read_at: datetime
    resource: KeyResource
    key: KmsKey | KeyNotFound
    rotation: KeyRotation | None = None
    buckets: tuple[str, ...] = ()
    naming: tuple[str, ...] = ()
    known: KnownKey | None = None
    last_use: LastUse | None = None
    policy: Mapping[str, Any] | None = None
    policy_denied: bool = False
    interrupted: KeyState | None = None

    @property
    def arn(self) -> str:
        """The key's ARN."""
        return self.resource.kms_key

    @property
    def account(self) -> str:
        """The account that owns the key."""
        return self.arn.split(":")[4]

    @property
    def settings(self) -> Mapping[str, State]:
        """The state of each setting that the checks judge."""
        if isinstance(self.key, KeyNotFound):
            return {}
        state = self.interrupted or KeyState.of(self.key)
        rotation: dict[str, State] = {Setting.KEY_ROTATION: self.rotation} if self.rotation else {}
        return {Setting.KEY_STATE: state, **rotation}

    @property
    def is_disabled(self) -> bool:
        """Whether somebody disabled the key."""
        return isinstance(self.key, KmsKey) and self.key.state == DISABLED

    def matters_to(self, requirements: Requirements) -> bool:
        """Whether the key is approved by its ARN, or known to be in use. Of others little is reported."""
        return requirements.names_approved(self.arn) or bool(self.buckets)

    def severity(self, requirements: Requirements, severity: Severity) -> Severity:
        """The severity of a violation: LOW for a key of which no use is known."""
        return severity if self.matters_to(requirements) else Severity.LOW

    def use_in_words(self, requirements: Requirements) -> str:
        """Who needs the key, as far as it is known, for people."""
        what = f"{'the remediation key' if self.arn == requirements.remediation_key else 'a listed key'}, "
        listed = what if requirements.names_approved(self.arn) else ""
        if not self.buckets:
            return f"{listed}no bucket is known to use it"
        more = len(self.buckets) - _MOST_NAMED
        named = ", ".join(self.buckets[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
        return f"{listed}used by {len(self.buckets)} known bucket{'s' * (len(self.buckets) > 1)}: {named}"
