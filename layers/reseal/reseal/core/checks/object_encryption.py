"""Step 3, decide: an object must have at least the required algorithm, under an approved key."""

from __future__ import annotations

from dataclasses import dataclass

from reseal.core.calls.look import Look
from reseal.core.calls.object_call import BEGINNINGS, ObjectCall
from reseal.core.calls.trigger import ObjectTrigger
from reseal.core.decision import Decision, Manual, Severity
from reseal.core.policy.judgement import Judged, Subject, judge_encryption
from reseal.core.policy.requirements import Requirements
from reseal.core.state.bucket_encryption import SseAlgorithm
from reseal.core.state.kms_key import KeyDescription
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.setting import Setting

OBJECT_ENCRYPTION = "S3.ObjectEncryption"
_OBJECT = Subject(
    setting=Setting.OBJECT_ENCRYPTION,
    is_encrypted="the object is encrypted",
    is_broken="the object cannot be read",
    name="the object",
)


OBJECT_CALLS = BEGINNINGS | {
    "PutObject",
    "PostObject",
    "CopyObject",
    "CompleteMultipartUpload",
    "UpdateObjectEncryption",
}
"""The calls that set an object's encryption."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedEncryption:
    """An object's encryption, and KMS's description of its key if that can change the decision."""

    encryption: ObjectEncryption
    kms_key: KeyDescription | None = None


def can_have_written(call: ObjectTrigger, found: ObjectEncryption) -> bool:
    """Whether the write can have left this encryption: S3's answer in its record names algorithm and key."""
    if isinstance(call, Look) or not call.stated.answered:
        return True
    stated = call.stated
    return stated.algorithm == found.algorithm and stated.key_id in (None, found.key_id)


def decide_object_encryption(
    requirements: Requirements, call: ObjectTrigger, observed: ObservedEncryption
) -> Decision:
    """Decide by the table of docs/checks.md. SSE-C needs a person: only the writer can read the object.

    An object from before 2023 that was never encrypted counts as under SSE-S3 (D16).
    """
    found = observed.encryption
    if found.has_customer_key:
        return Manual(
            severity=Severity.CRITICAL,
            reason="the object is encrypted with SSE-C: only its writer has the key. Ransomware does this",
            recommendation="ask the writer; if it is hostile, revoke its access and restore an older version",
        )
    by_call = isinstance(call, ObjectCall)
    moved_away = isinstance(call, ObjectCall) and call.name == "UpdateObjectEncryption"
    return judge_encryption(
        requirements,
        Judged(
            subject=_OBJECT,
            algorithm=found.algorithm or SseAlgorithm.SSE_S3,
            key_id=found.key_id,
            key=observed.kms_key,
            severity=Severity.HIGH if moved_away else Severity.MEDIUM,
            set_by_call=by_call,  # a call is only judged if it wrote the object that is there
        ),
    )
