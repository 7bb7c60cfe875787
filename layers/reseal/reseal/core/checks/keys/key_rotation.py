"""Step 3, decide: KMS must rotate a key by itself, if it can."""

from __future__ import annotations

from datetime import timedelta

from reseal.core.calls.keys.key_message import KeyTrigger
from reseal.core.checks.keys.observed_key import ObservedKey
from reseal.core.decision import Compliant, Decision, Manual, Remediate, Severity
from reseal.core.policy.requirements import Requirements
from reseal.core.state.key_settings import ENABLED, RotationChange
from reseal.core.state.kms_key import KeyNotFound, KmsKey

KEY_ROTATION = "KMS.KeyRotation"
SWITCHES_OFF = "DisableKeyRotation"
EXPIRES_SOON = timedelta(days=30)
_SYMMETRIC = ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
_BY_ORIGIN = {
    "EXTERNAL": "its key material was imported",
    "AWS_CLOUDHSM": "its key material is in an AWS CloudHSM cluster",
    "EXTERNAL_KEY_STORE": "its key material is in an external key store",
}


def decide_key_rotation(requirements: Requirements, call: KeyTrigger, observed: ObservedKey) -> Decision:
    """Decide by the table of docs/checks.md. A key that cannot rotate by itself is compliant (F3)."""
    key = observed.key
    if isinstance(key, KeyNotFound):
        return Compliant("there is no such key")
    if expires := _expires_soon(requirements, observed, key):
        return expires
    if why := why_no_rotation(key):
        return Compliant(why)
    if observed.rotation is None or observed.rotation.enabled:
        how = observed.rotation.in_words if observed.rotation else "its rotation was not asked for"
        return Compliant(how)
    return _without_rotation(requirements, call, observed, key)


def why_no_rotation(key: KmsKey) -> str | None:
    """Why KMS is not asked about the key's rotation; None if the key can rotate by itself."""
    if key.is_aws_managed:
        return "AWS rotates its own keys every year"
    if key.state != ENABLED:  # false while a deletion is pending, and EnableKeyRotation fails (F2, F16)
        return f"rotation is not judged while the key's state is {key.state}"
    if (key.spec, key.usage) != _SYMMETRIC:
        return f"a key of spec {key.spec!r:.40} for {key.usage!r:.40} cannot rotate by itself"
    if key.origin != "AWS_KMS":
        why = _BY_ORIGIN.get(key.origin, f"Reseal does not know its origin {key.origin!r:.40}")
        return f"the key cannot rotate by itself: {why}"
    return None


def _expires_soon(requirements: Requirements, observed: ObservedKey, key: KmsKey) -> Manual | None:
    """Once imported material expires, the whole key is unusable."""
    if key.valid_to is None or key.state != ENABLED or key.valid_to > observed.read_at + EXPIRES_SOON:
        return None
    return Manual(
        severity=observed.severity(requirements, Severity.HIGH),
        reason=f"the imported key material expires at {key.valid_to.isoformat()}; nothing under the key can "
        f"then be read: {observed.use_in_words(requirements)}",
        recommendation="import the same key material again, with a later date or none, before it expires",
    )


def _without_rotation(
    requirements: Requirements, call: KeyTrigger, observed: ObservedKey, key: KmsKey
) -> Decision:
    by_this_call = call.name == SWITCHES_OFF
    severity = observed.severity(requirements, Severity.HIGH if by_this_call else Severity.MEDIUM)
    reason = f"KMS does not rotate the key by itself: {observed.use_in_words(requirements)}"
    if not observed.matters_to(requirements):
        if not by_this_call:
            return Compliant("rotation is off, and no bucket is known to use the key")
        command = f"aws kms enable-key-rotation --region {key.region} --key-id {observed.resource.name}"
        return Manual(severity=severity, reason=reason, recommendation=f"if S3 uses the key: {command}")
    if key.primary is not None:
        region = key.primary.split(":")[3]
        return Manual(
            severity=severity,
            reason=f"{reason}; it is a replica, which rotates with its primary",
            recommendation=f"turn rotation on for the primary, {key.primary}, in {region}",
        )
    if not requirements.owns(key.account):
        return Manual(
            severity=severity,
            reason=f"{reason}; it belongs to account {key.account}",
            recommendation=f"ask account {key.account} to turn rotation on",
        )
    shown = observed.rotation.period if observed.rotation else None
    known = observed.known.period if observed.known else None
    change = RotationChange(period=shown or known or requirements.rotation_days)
    return Remediate(change=change, severity=severity, reason=reason)
