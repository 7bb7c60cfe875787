"""Step 3, decide: an object must have at least the required algorithm, under an approved key."""

from __future__ import annotations

from reseal.core.calls.object_call import ObjectCall
from reseal.core.calls.trigger import ObjectTrigger
from reseal.core.checks.judgement import Judged, Subject, judge_encryption
from reseal.core.decision import Decision, Manual, Severity
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


def decide_object_encryption(
    requirements: Requirements, call: ObjectTrigger, found: ObjectEncryption, key: KeyDescription | None
) -> Decision:
    """Decide by the table of docs/checks.md. SSE-C needs a person: only the writer can read the object.

    An object from before 2023 that was never encrypted counts as under SSE-S3 (D16).
    """
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
            key=key,
            severity=Severity.HIGH if moved_away else Severity.MEDIUM,
            set_by_call=by_call,  # a call is only judged if it wrote the object that is there
        ),
    )
