"""Step 3, decide: how an object is re-encrypted: by a copy, in parts, in place, or not at all."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from json import loads

from reseal.core.policy.requirements import Requirements
from reseal.core.repairs.objects.properties import lost_in_copy, lost_in_parts
from reseal.core.state.bucket_encryption import SseAlgorithm
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.s3_object import BucketContext, ObservedObject, Original

GIB = 1 << 30
LARGEST_COPY = 5 * GIB
"""The most that one CopyObject can copy, in bytes (C10)."""

_COPIED_AT_A_PRICE = frozenset({"STANDARD_IA", "ONEZONE_IA", "GLACIER_IR", "INTELLIGENT_TIERING"})
"""Classes that bill a copy as retrieval and early deletion (C14), or move its source to Frequent Access."""


class Method(StrEnum):
    """A method of re-encrypting, named by its S3 call."""

    COPY = "CopyObject"
    PARTS = "UploadPartCopy"
    IN_PLACE = "UpdateObjectEncryption"


@dataclass(frozen=True, slots=True, kw_only=True)
class Methods:
    """The operator's choices: the preferred method, and the largest sizes to copy, in bytes."""

    prefers_in_place: bool = False
    largest_copy: int = LARGEST_COPY
    largest_in_parts: int = 50 * GIB


def choose_method(
    requirements: Requirements,
    methods: Methods,
    original: Original,
    bucket_context: BucketContext,
    intended: ObjectEncryption,
) -> Method | str:
    """The method to use, or the reason why no method is safe.

    In place if it is possible, and the operator prefers it or a copy of this storage class has its price.
    Else a copy if it keeps everything and has no side effects, else in place, else a copy in parts. If the
    object is too large for one copy, `original` must hold its tags and annotations.
    """
    not_in_place = list(_against_in_place(requirements, original, intended))
    not_by_copy = [*_against_copy(original.head, bucket_context), *lost_in_copy(original)]
    small = original.head.size <= methods.largest_copy
    prefers_in_place = methods.prefers_in_place or original.head.storage_class in _COPIED_AT_A_PRICE
    if prefers_in_place and not not_in_place:
        return Method.IN_PLACE
    if small and not not_by_copy:
        return Method.COPY
    if not not_in_place:
        return Method.IN_PLACE
    if not small:
        not_by_copy += [*_too_large(methods, original.head), *lost_in_parts(original)]
        if not not_by_copy:
            return Method.PARTS
    return (
        f"a copy is not a safe repair: {'; '.join(dict.fromkeys(not_by_copy))}. "
        f"A change in place is not possible: {'; '.join(not_in_place)}"
    )


def _against_copy(head: ObservedObject, bucket_context: BucketContext) -> Iterator[str]:
    if bucket_context.versioned or head.has_version:
        yield "the bucket keeps versions, so the badly encrypted version would stay"
    if bucket_context.notifies:
        yield "the bucket's event notifications would be sent again for this object"
    if bucket_context.replicates:
        yield "the bucket has replication, which would replicate the object again"
    if head.is_archived:
        yield f"it is archived ({head.archive or head.storage_class})"


def _against_in_place(
    requirements: Requirements, original: Original, intended: ObjectEncryption
) -> Iterator[str]:
    """Rules D2, D5, D6 and D16. It is not documented whether S3 keeps an encryption context."""
    before = original.head.encryption.algorithm
    if before is None:
        yield "S3 does not support it for an object that was never encrypted"
    if SseAlgorithm.DSSE_KMS in (before, intended.algorithm):
        yield "S3 does not support it from or to DSSE-KMS"
    if f":{requirements.account}:key/" not in (intended.key_id or ""):
        yield "S3 supports it only with a key of the bucket owner's account"
    if original.context is not None:
        yield "its encryption context could be lost"
    if held := original.head.lock.in_words:
        yield f"S3 refuses it while {held} protects the object"


def _too_large(methods: Methods, head: ObservedObject) -> Iterator[str]:
    if head.size > methods.largest_in_parts:
        limit = methods.largest_in_parts / GIB
        yield f"it is larger than MultipartCopyLimitGiB allows ({head.size / GIB:.1f} of {limit:g} GiB)"


def unreadable_context(original: Original) -> str | None:
    """Why the encryption context cannot be sent; None if it can. S3 accepts only base64 of a JSON object."""
    if original.context_is_unknown:
        return "only the record of its write shows its encryption context, which a repair could lose"
    if original.context is None:
        return None
    try:
        context = loads(b64decode(original.context, validate=True))
    except (ValueError, RecursionError):
        context = None
    if isinstance(context, dict):
        return None
    return "its encryption context is not in the event record, and S3 does not return it"
