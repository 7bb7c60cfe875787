"""Step 3, decide: what a call did to a bucket's encryption, as far as its record shows it.

The record is evidence for a finding, never for a write: somebody may have changed the bucket since.
"""

from __future__ import annotations

from collections.abc import Collection

from reseal.core.calls.bucket_call import BucketCall
from reseal.core.checks.buckets.default_encryption import DEFAULT_ENCRYPTION
from reseal.core.checks.buckets.intent import can_have_set
from reseal.core.checks.buckets.observed_bucket import ObservedBucket
from reseal.core.checks.buckets.sse_c_block import SSE_C_BLOCK
from reseal.core.checks.catalogue import Decisions, decisions_of
from reseal.core.policy.requirements import Requirements
from reseal.core.state.bucket_encryption import NEVER_CONFIGURED, SSE_C, BucketEncryption


def encryption_set_by(call: BucketCall) -> BucketEncryption | None:
    """The encryption that the call set; None if it set none, or if its record does not say which.

    CreateBucket is left out: what it sets is a new bucket's, which violates nothing by intent.
    """
    if call.name == "DeleteBucketEncryption":
        return NEVER_CONFIGURED  # (E2)
    stated = call.stated
    if call.name != "PutBucketEncryption" or stated is None or stated.algorithm is None:
        return None
    blocked = () if call.unblocks_sse_c else (SSE_C,)
    return BucketEncryption(algorithm=stated.algorithm, key_id=stated.key_id, blocked=blocked)


def changed_since(call: BucketCall, now: ObservedBucket | None) -> tuple[str, ...]:
    """The checks that judge what the call set, where `now` is no longer so.

    Whether SSE-C was blocked by the call is not in every record (E5): only its unblocking on purpose is.
    """
    changed = {
        DEFAULT_ENCRYPTION: now is None or not can_have_set(call, now.encryption),
        SSE_C_BLOCK: call.unblocks_sse_c and (now is None or now.encryption.blocks_sse_c),
    }
    return tuple(check for check, is_so in changed.items() if is_so)


def decisions_by_record(
    requirements: Requirements, call: BucketCall, as_set: ObservedBucket, changed: Collection[str]
) -> Decisions:
    """The decisions of these checks about `as_set`, the bucket as the call set it."""
    decisions = decisions_of(requirements, call, as_set)
    return {check: decisions[check] for check in changed}
