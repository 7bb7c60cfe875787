"""Step 3, decide: whether the event's call wrote the object that is there now (decision 13)."""

from __future__ import annotations

from datetime import timedelta

from reseal.core.calls.look import Look
from reseal.core.calls.object_call import ObjectCall
from reseal.core.calls.trigger import ObjectTrigger
from reseal.core.state.s3_object import Listed

CLOCKS_DIFFER = timedelta(seconds=2)
"""The largest difference assumed between the clocks of S3, CloudTrail and Lambda."""

LONGEST_WRITE, LONGEST_UPLOAD_IN_PARTS = timedelta(seconds=30), timedelta(days=1)
"""How long before its call an object can begin: by one request, and in parts (C36). Both are assumptions."""

_MAKE_NO_PARTS = frozenset({"PutObject", "PostObject", "CopyObject"})


def may_be_of_another(call: ObjectTrigger) -> bool:
    """Whether another write can have replaced what the record names.

    A version is never replaced, and a request to look is about whatever is there.
    """
    return not isinstance(call, Look) and call.version_id in (None, "null")


def is_of_another(call: ObjectTrigger, there: Listed) -> bool:
    """Whether another write than this call made the listed object.

    eventTime is when the call was completed, and only a write changes LastModified: a later LastModified
    means another write. The LastModified of an upload in parts is when the upload began (C36), which may be
    before this call. So an object with parts was not made by a call that makes none.
    """
    if isinstance(call, Look) or not may_be_of_another(call):
        return False
    made_of_parts = there.is_of_parts and call.name in _MAKE_NO_PARTS
    later = there.last_modified > call.time + CLOCKS_DIFFER
    return made_of_parts or later


def is_as_young(call: ObjectCall, there: Listed) -> bool:
    """Whether the listed object is young enough to be written by this call.

    Only a version of its own proves that an object is the call's if the record spells its key otherwise
    (A25). A change in place does not make an object younger (D3), so it proves nothing.
    """
    in_parts = there.is_of_parts and call.name == "CompleteMultipartUpload"
    longest = LONGEST_UPLOAD_IN_PARTS if in_parts else LONGEST_WRITE
    return not may_be_of_another(call) or there.last_modified >= call.time - longest
