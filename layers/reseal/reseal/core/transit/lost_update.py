"""Step 3, decide: whether a write of a bucket policy overwrote somebody's newer policy.

PutBucketPolicy has no precondition (S3 API Reference, PutBucketPolicy): who reads, then writes, may take out
what another caller wrote in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reseal.core.calls.attribution import CLOCKS_DIFFER
from reseal.core.decision import Manual, Severity
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.deny_insecure_transport import DenyInsecureTransport
from reseal.core.text.quoted import named, quoted

_LONGEST_QUOTE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyWrite:
    """What the ledger keeps of Reseal's write of a bucket policy.

    It read the policy at `read_at`, with the fingerprint `before`, and S3 had answered the write at
    `written_at`.
    """

    change: DenyInsecureTransport
    read_at: datetime
    written_at: datetime
    before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCall:
    """Another caller's PutBucketPolicy or DeleteBucketPolicy, as its record shows it.

    `policy` is None if the record does not show it.
    """

    who: str
    event_id: str
    time: datetime
    policy: BucketPolicy | None


def overwritten(write: PolicyWrite, call: PolicyCall, present: BucketPolicy) -> Manual | None:
    """A CRITICAL finding if the write may have overwritten the call's policy; None if it certainly did not.

    The call fell between read and write if its time does, give or take how much clocks differ. If what is
    there now is what Reseal wrote, only a call that left the policy as Reseal had read it is still in effect.
    If somebody has written since, the call is in effect if each of its statements is still there.
    """
    earliest, latest = write.read_at - CLOCKS_DIFFER, write.written_at + CLOCKS_DIFFER
    if not earliest <= call.time <= latest or _is_in_effect(write, call.policy, present):
        return None
    text = call.policy.text if call.policy else None
    shown = "its record does not show it" if call.policy is None else "it was deleted"
    if text is not None:
        shown = quoted(text, _LONGEST_QUOTE)
    return Manual(
        severity=Severity.CRITICAL,
        reason=(
            f"Reseal's write of the bucket policy at {write.written_at.isoformat()} may have overwritten the "
            f"policy that {named(call.who)} set at {call.time.isoformat()} (event {call.event_id}): "
            f"{shown}"
        ),
        recommendation=(
            f"set that policy again, as event {call.event_id} in CloudTrail shows it; Reseal then adds its "
            "statement to it"
        ),
    )


def _is_in_effect(write: PolicyWrite, policy: BucketPolicy | None, present: BucketPolicy) -> bool:
    if policy is None:
        return False
    if _without(write.change, present).fingerprint == write.before:
        return _without(write.change, policy).fingerprint == write.before
    return present.meets(policy)


def _without(change: DenyInsecureTransport, policy: BucketPolicy) -> BucketPolicy:
    """The policy less the statement that Reseal adds; no policy if it has no other."""
    document = policy.document
    if document is None:
        return policy
    others = [statement for statement in policy.statements if not change.is_this(statement)]
    return BucketPolicy.of({**document, "Statement": others} if others else None)
