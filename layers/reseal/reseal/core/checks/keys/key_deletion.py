"""Step 3, decide: a key that is in use must not be deleted."""

from __future__ import annotations

from reseal.core.calls.keys.key_message import KeyTrigger
from reseal.core.checks.keys.observed_key import ObservedKey
from reseal.core.decision import Compliant, Decision, Manual, Remediate, Severity
from reseal.core.policy.requirements import Requirements
from reseal.core.state.key_settings import ENABLED, KeyStateChange
from reseal.core.state.kms_key import KeyNotFound, KmsKey

KEY_DELETION = "KMS.KeyDeletion"
SCHEDULES = "ScheduleKeyDeletion"
DELETES = "DeleteKey"

ALREADY_TODAY = "Reseal has cancelled a deletion of this key today already, and somebody wants it deleted"


def decide_key_deletion(requirements: Requirements, call: KeyTrigger, observed: ObservedKey) -> Decision:
    """Decide by the table of docs/checks.md. Only the remediation key and listed keys are ever kept."""
    key = observed.key
    if isinstance(key, KeyNotFound):
        return _is_gone(requirements, observed)
    if observed.interrupted and observed.is_disabled:
        reason = "the key's deletion was pending and has been cancelled; the key must be enabled again"
        return Remediate(change=KeyStateChange(enables=True), severity=Severity.CRITICAL, reason=reason)
    if not key.is_pending_deletion:
        return _is_kept(requirements, call, observed, key)
    severity = observed.severity(requirements, Severity.CRITICAL)
    reason = f"{_why(key)}: {observed.use_in_words(requirements)}; {_last_use(observed)}"
    how = how_to_keep(requirements, observed)
    if requirements.names_approved(observed.arn) and requirements.owns(observed.account):
        return _keep(observed, severity, reason, how)
    return Manual(severity=severity, reason=reason, recommendation=how)


def _keep(observed: ObservedKey, severity: Severity, reason: str, how: str) -> Remediate:
    """A key is enabled again only if it is known to have been enabled: somebody may have disabled it."""
    enables = observed.known is not None and observed.known.state == ENABLED
    if not enables:
        reason += "; it is not known to have been enabled before, so a person decides whether to enable it"
    change = KeyStateChange(enables=enables)
    return Remediate(change=change, severity=severity, reason=reason, by_hand=how)


def how_to_keep(requirements: Requirements, observed: ObservedKey) -> str:
    """What to do, in which order."""
    if not requirements.owns(observed.account):
        return (
            f"ask account {observed.account} at once to cancel the deletion and to enable the key: "
            "until then nothing under it can be read or written"
        )
    on = f"--region {observed.arn.split(':')[3]} --key-id {observed.resource.name}"
    return (
        f"1. cancel the deletion: aws kms cancel-key-deletion {on}; "
        f"2. the key is then still disabled, so enable it: aws kms enable-key {on}; "
        "3. find out who scheduled the deletion and why, and take kms:ScheduleKeyDeletion away from who must "
        "not have it; 4. if the key shall go, first encrypt under another key what is under this one"
    )


def _is_gone(requirements: Requirements, observed: ObservedKey) -> Manual:
    return Manual(
        severity=observed.severity(requirements, Severity.CRITICAL),
        reason="the key does not exist any more: what was encrypted under it alone can never be read again; "
        f"{observed.use_in_words(requirements)}",
        recommendation="set another key as the default of each bucket that names this one, because its "
        "writes fail; restore its objects from copies under other keys",
    )


def _is_kept(requirements: Requirements, call: KeyTrigger, observed: ObservedKey, key: KmsKey) -> Decision:
    """The key stays. Who scheduled its deletion is reported all the same."""
    if call.name != SCHEDULES or not requirements.names_approved(observed.arn):
        return Compliant("the key's deletion is not pending")
    return Manual(
        severity=Severity.CRITICAL,
        reason="this call scheduled the deletion of the key; the deletion is no longer pending, and the "
        f"key's state is now {key.state}: {observed.use_in_words(requirements)}",
        recommendation="find out who scheduled the deletion and why; if the key is disabled, enable it",
    )


def _why(key: KmsKey) -> str:
    when = f"at {key.deletion_date.isoformat()}" if key.deletion_date else "after the last of its replicas"
    return (
        "the key's deletion is pending, so nothing under it can be read or written now; "
        f"KMS deletes it {when}, and what is under it is then lost for ever"
    )


def _last_use(observed: ObservedKey) -> str:
    return observed.last_use.in_words if observed.last_use else "when it was last used cannot be read"
