"""Step 3, decide: a key that is in use must be usable."""

from __future__ import annotations

from reseal.core.calls.keys.key_message import KeyTrigger
from reseal.core.checks.keys.observed_key import ObservedKey
from reseal.core.decision import Compliant, Decision, Manual, Severity
from reseal.core.policy.requirements import Requirements
from reseal.core.state.key_settings import DISABLED
from reseal.core.state.kms_key import KeyNotFound

KEY_DISABLED = "KMS.KeyDisabled"
DISABLES = "DisableKey"
_UNUSABLE = {
    DISABLED: (
        "the key is disabled",
        "unless it was disabled for a good reason: aws kms enable-key --region {region} --key-id {id}",
    ),
    "PendingImport": (
        "the key has no key material: it was deleted, has expired, or was never imported",
        "import the same key material again; no other can decrypt what is under the key",
    ),
    "Unavailable": (
        "the key's custom key store is not connected",
        "connect the key store again: aws kms connect-custom-key-store",
    ),
}


def decide_key_disabled(requirements: Requirements, call: KeyTrigger, observed: ObservedKey) -> Decision:
    """Decide by the table of docs/checks.md. Never switched back: somebody may have to disable a key."""
    if isinstance(observed.key, KeyNotFound):
        return Compliant("there is no such key")
    if observed.interrupted:
        return Compliant("its deletion was just cancelled, and it is about to be enabled again")
    state, use = observed.key.state, observed.use_in_words(requirements)
    if state in _UNUSABLE:
        why, what = _UNUSABLE[state]
        how = what.format(region=observed.arn.split(":")[3], id=observed.resource.name)
        if not requirements.owns(observed.account):
            how = f"ask account {observed.account}, which alone can do it: {how}"
        return Manual(
            severity=observed.severity(requirements, Severity.CRITICAL),
            reason=f"{why}, so nothing under it can be read or written: {use}",
            recommendation=how,
        )
    if call.name == DISABLES and requirements.names_approved(observed.arn):
        return Manual(
            severity=Severity.CRITICAL,
            reason=f"this call disabled the key; its state is now {state}: {use}",
            recommendation="find out who disabled the key and why",
        )
    return Compliant(f"the key's state is {state}")
