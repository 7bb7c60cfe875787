"""Step 3: whether an event stands for the write that made what is there (decision 13)."""

from __future__ import annotations

from datetime import timedelta

from reseal.core.calls.object_call import ObjectCall
from reseal.core.state.s3_object import Listed

CLOCKS_DIFFER = timedelta(seconds=2)
"""How far S3's clock, CloudTrail's and Lambda's may be apart."""

_MAKE_NO_PARTS = frozenset({"PutObject", "PostObject", "CopyObject"})


def may_be_of_another(call: ObjectCall) -> bool:
    """Whether another write can have made what the call's record names: a version is its own for ever."""
    return call.version_id in (None, "null")


def is_of_another(call: ObjectCall, there: Listed) -> bool:
    """Whether another write than this call made what is there: eventTime is when a call was completed.

    Nothing but a write changes LastModified. But of an upload in parts that is when it began (C36), which
    may be before this call: what has parts was not made by a call that makes none.
    """
    made_of_parts = there.is_of_parts and call.name in _MAKE_NO_PARTS
    later = there.last_modified > call.time + CLOCKS_DIFFER
    return may_be_of_another(call) and (made_of_parts or later)
