"""Step 2 for one KMS key: read it, with what is known of its use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reseal.core.calls.keys.key_call import ALIAS_CALLS, KeyCall
from reseal.core.calls.keys.key_message import KeyTrigger
from reseal.core.calls.look import Look
from reseal.core.checks.keys.key_deletion import SCHEDULES
from reseal.core.checks.keys.key_disabled import DISABLES
from reseal.core.checks.keys.key_policy import CHANGES_POLICY, KEY_POLICY
from reseal.core.checks.keys.key_rotation import KEY_ROTATION, why_no_rotation
from reseal.core.checks.keys.observed_key import ObservedKey
from reseal.core.errors import AccessDeniedError, RefusalError
from reseal.core.policy.requirements import Mode, Requirements
from reseal.core.repairs.ledger_entry import entry_id_of
from reseal.core.state.key_knowledge import NOT_FOUND, UNREADABLE, KnownKey, LastUse
from reseal.core.state.key_settings import DISABLED, ENABLED, KeyRotation, KeyState
from reseal.core.state.kms_key import KeyDescription, KeyNotFound, KeyUnreadable, KmsKey
from reseal.core.state.setting import Setting
from reseal.ports import KeyServices, Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """Reads keys. Raises RefusalError and TransientError."""

    requirements: Requirements
    services: Services
    keys: KeyServices

    def observe(self, call: KeyTrigger) -> ObservedKey:
        """The key now. What is seen is noted, because it decides later whether the key may be enabled."""
        read_at, arn = self.services.clock.now(), call.resource.kms_key
        key = self.services.keys.describe(arn, max_age=0)
        before = self._before(arn)
        if isinstance(key, KeyUnreadable):
            self.keys.known.note(arn, _updated(before, call, key, None, read_at))
            raise AccessDeniedError("AccessDeniedException", "kms:DescribeKey", f"it is denied on {arn}")
        rotation = self._rotation(key)
        known = _updated(before, call, key, rotation, read_at)
        self.keys.known.note(arn, known)
        judges_policy = isinstance(key, KmsKey) and self._judges_policy(call)
        policy = self.services.keys.read_policy(arn, max_age=0) if judges_policy else None
        return ObservedKey(
            read_at=read_at,
            resource=call.resource,
            key=key,
            rotation=rotation,
            buckets=self._buckets(arn, read_at),
            naming=self._naming(call, read_at),
            known=known,
            last_use=self._last_use(key),
            policy=policy,
            policy_denied=judges_policy and policy is None,
            interrupted=self._interrupted(call, key),
        )

    def of_record(self, call: KeyTrigger) -> ObservedKey:
        """What is known of the use of a key that cannot be read."""
        now = self.services.clock.now()
        return ObservedKey(
            read_at=now,
            resource=call.resource,
            key=KeyNotFound(named=call.resource.kms_key),
            buckets=self._buckets(call.resource.kms_key, now),
        )

    def _before(self, arn: str) -> KnownKey | None:
        """What this lane knew, and the last sweep: that one also saw keys of which no call was received."""
        known, seen = self.keys.known.read(arn), self.keys.snapshot.read_key(arn)
        swept = seen.known if seen else None
        return known.joined(swept) if known else swept

    def _buckets(self, arn: str, now: datetime) -> tuple[str, ...]:
        """The buckets that events showed to use the key, and those that named it when they were last seen."""
        noted = self.services.key_uses.buckets_of(arn, now)
        return tuple(sorted({*noted, *self.keys.snapshot.buckets_of_key(arn, now)}))

    def _rotation(self, key: KeyDescription) -> KeyRotation | None:
        """Whether the key rotates, if it can and a check asks."""
        if self.requirements.mode_of(KEY_ROTATION) is Mode.OFF:
            return None
        if not isinstance(key, KmsKey) or why_no_rotation(key):
            return None
        return self.keys.management.read_rotation(key.arn)

    def _judges_policy(self, call: KeyTrigger) -> bool:
        asked = isinstance(call, Look) or call.name == CHANGES_POLICY
        return asked and self.requirements.mode_of(KEY_POLICY) is not Mode.OFF

    def _naming(self, call: KeyTrigger, now: datetime) -> tuple[str, ...]:
        if isinstance(call, Look) or call.name not in ALIAS_CALLS or call.alias is None:
            return ()
        return self.services.key_uses.buckets_of(call.alias, now)

    def _last_use(self, key: KeyDescription) -> LastUse | None:
        """Evidence only: without the right to read it, the finding says so."""
        if not isinstance(key, KmsKey) or not key.is_pending_deletion:
            return None
        try:
            return self.keys.management.read_last_use(key.arn)
        except RefusalError:
            return None

    def _interrupted(self, call: KeyTrigger, key: KeyDescription) -> KeyState | None:
        """The state before a cancellation that an earlier delivery of this message did not finish."""
        may_be = isinstance(call, Look) or call.name == SCHEDULES
        if not may_be or not isinstance(key, KmsKey) or key.state != DISABLED:
            return None
        entry_id = entry_id_of(call.resource, call.event_id, Setting.KEY_STATE)
        entry = self.services.ledger.read_all([entry_id]).get(entry_id)
        begun = entry is not None and entry.outcome is None and entry.intended.state == ENABLED
        return entry.before if entry is not None and begun else None


def _updated(
    known: KnownKey | None,
    call: KeyTrigger,
    key: KeyDescription,
    rotation: KeyRotation | None,
    read_at: datetime,
) -> KnownKey:
    """What is known after this. A state that does not last hides whether the key was enabled before it."""
    seen = seen_of(key)
    state = known.state if known else None
    if seen in (ENABLED, DISABLED):
        state = seen
    elif isinstance(call, KeyCall) and call.name == DISABLES and (known is None or known.at < call.time):
        state = DISABLED
    period = rotation.period if rotation and rotation.enabled else None
    return KnownKey(at=read_at, seen=seen, state=state, period=period or (known.period if known else None))


def seen_of(key: KeyDescription) -> str:
    """What is seen of a key, in one word or two."""
    match key:
        case KmsKey():
            return key.state
        case KeyNotFound():
            return NOT_FOUND
        case KeyUnreadable():
            return UNREADABLE
