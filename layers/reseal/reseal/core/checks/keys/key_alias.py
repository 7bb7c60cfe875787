"""Step 3, decide: an alias that a bucket names must keep its key."""

from __future__ import annotations

from reseal.core.calls.keys.key_call import ALIAS_CALLS
from reseal.core.calls.keys.key_message import KeyTrigger
from reseal.core.calls.look import Look
from reseal.core.checks.keys.observed_key import ObservedKey
from reseal.core.decision import Compliant, Decision, Manual, Severity
from reseal.core.policy.requirements import Requirements
from reseal.core.state.kms_key import KmsKey

KEY_ALIAS = "KMS.Alias"
_DELETES = "DeleteAlias"


def decide_key_alias(requirements: Requirements, call: KeyTrigger, observed: ObservedKey) -> Decision:
    """Decide by the table of docs/checks.md.

    S3 stores an alias as it was given and looks it up at each write (E10). The record of a move names the
    new key only (A41), so what counts is who names the alias.
    """
    if isinstance(call, Look) or call.name not in ALIAS_CALLS or call.alias is None:
        return Compliant("the call moves no alias")
    if not observed.naming:
        return Compliant(f"no bucket is known to name {call.alias}")
    named = f"{call.alias}, which {len(observed.naming)} known bucket{'s' * (len(observed.naming) > 1)} name"
    buckets = ", ".join(observed.naming[:10])
    if call.name == _DELETES:
        return Manual(
            severity=Severity.CRITICAL,
            reason=f"{named}, was deleted, so every write of new objects there fails: {buckets}",
            recommendation="create the alias again, or name a key by its ARN as the default of these buckets",
        )
    key = observed.key
    if isinstance(key, KmsKey) and (why := key.why_unusable(requirements.region)):
        return Manual(
            severity=Severity.CRITICAL,
            reason=f"{named}, now stands for {observed.arn}, which S3 cannot use, so every write of new "
            f"objects there fails ({why}): {buckets}",
            recommendation="move the alias back, or name a key by its ARN as the default of these buckets",
        )
    approved = isinstance(key, KmsKey) and requirements.approves(key)
    return Manual(
        severity=Severity.MEDIUM if approved else Severity.HIGH,
        reason=f"{named}, now stands for {observed.arn}, so new objects there are encrypted under "
        f"{'this approved key' if approved else 'this key, which is not approved'}: {buckets}",
        recommendation="if this was not meant, move the alias back; name keys by ARN in bucket defaults",
    )
