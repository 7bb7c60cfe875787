"""Step 3, decide: what a call did to a key, as far as its record shows it.

The record is evidence for a finding, never for a write.
"""

from __future__ import annotations

from dataclasses import replace

from reseal.core.calls.keys.key_call import KeyCall
from reseal.core.checks.keys.key_deletion import DELETES, KEY_DELETION, SCHEDULES, how_to_keep
from reseal.core.checks.keys.key_disabled import DISABLES, KEY_DISABLED
from reseal.core.checks.keys.key_policy import CHANGES_POLICY, KEY_POLICY, decide_key_policy
from reseal.core.checks.keys.key_rotation import KEY_ROTATION, SWITCHES_OFF, decide_key_rotation
from reseal.core.checks.keys.observed_key import ObservedKey
from reseal.core.decision import CHECK_IS_OFF, Decision, Manual, Severity
from reseal.core.policy.requirements import Mode, Requirements
from reseal.core.state.key_settings import KeyRotation

_SAID = {
    SCHEDULES: (KEY_DELETION, "this call scheduled the deletion of the key"),
    DELETES: (KEY_DELETION, "KMS deleted the key: what is under it alone cannot be read any more"),
    DISABLES: (KEY_DISABLED, "this call disabled the key"),
    SWITCHES_OFF: (KEY_ROTATION, "this call switched the rotation of the key off"),
}


def decide_by_record(
    requirements: Requirements, call: KeyCall, observed: ObservedKey, *, was_read: bool
) -> dict[str, Decision]:
    """The decisions by the record alone, or if the key was read about a rotation that is on again.

    `observed` holds what is known of the key's use.
    """
    if was_read:
        return _of_rotation(requirements, call, observed)
    found: dict[str, Decision] = {}
    if call.name in _SAID:
        check, reason = _SAID[call.name]
        found[check] = Manual(
            severity=observed.severity(
                requirements, Severity.HIGH if check == KEY_ROTATION else Severity.CRITICAL
            ),
            reason=f"{reason}: {observed.use_in_words(requirements)}",
            recommendation=how_to_keep(requirements, observed)
            if call.name == SCHEDULES
            else "look at the key in the KMS console, and find out who made the call and why",
        )
    if call.name == CHANGES_POLICY:
        found[KEY_POLICY] = decide_key_policy(requirements, call, replace(observed, policy=call.policy))
    return {check: _unless_off(requirements, check, one) for check, one in found.items()}


def _of_rotation(requirements: Requirements, call: KeyCall, observed: ObservedKey) -> dict[str, Decision]:
    if call.name != SWITCHES_OFF or observed.rotation is None or not observed.rotation.enabled:
        return {}
    off = replace(observed, rotation=KeyRotation(enabled=False))
    return {
        KEY_ROTATION: _unless_off(requirements, KEY_ROTATION, decide_key_rotation(requirements, call, off))
    }


def _unless_off(requirements: Requirements, check: str, decision: Decision) -> Decision:
    return CHECK_IS_OFF if requirements.mode_of(check) is Mode.OFF else decision
