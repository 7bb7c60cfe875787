"""Step 6, report: the state that undoing a write restores."""

from __future__ import annotations

from dataclasses import replace

from reseal.core.state.bucket_encryption import NOTHING_BLOCKED, BucketEncryption
from reseal.core.state.setting import State


def restored(before: State, intended: State, after: State) -> State:
    """The state before the write, and of a bucket's SSE-C block only what the write changed.

    `after` is what was found after the write of `intended`. A block that the write added is removed by name,
    because S3 may keep or drop what a rule leaves out (E5).
    """
    match before, intended, after:
        case BucketEncryption(), BucketEncryption(), BucketEncryption():
            blocked_sse_c = intended.blocks_sse_c and not before.blocks_sse_c
            blocked = (before.blocked or (NOTHING_BLOCKED,)) if blocked_sse_c else after.blocked
            return replace(before, blocked=blocked)
        case _:
            return before
