"""Step 3: the guards before an object is put under K, and what exactly it would be put under."""

from __future__ import annotations

from base64 import b64decode
from json import loads

from reseal.core.access.impact import impact_of
from reseal.core.access.key_policy import KeyPolicy
from reseal.core.decision import Decision, Remediate
from reseal.core.guards.remediation_key import new_impacts, unless_locked_out
from reseal.core.policy.policy import Policy
from reseal.core.repairs.objects.acl import readers_locked_out
from reseal.core.state.bucket_encryption import EncryptionChange, SseAlgorithm
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.s3_object import Found, Original, Surroundings

_WAY_OUT = (
    "move these readers and writers to what works with KMS keys and admit them in the key's policy, then "
    "write the object anew; or turn the object encryption check off"
)


def intended_for(found: ObjectEncryption, change: EncryptionChange, around: Surroundings) -> ObjectEncryption:
    """The encryption to give an object: as the change says, with a Bucket Key as the bucket has it."""
    algorithm = change.algorithm or found.algorithm
    return ObjectEncryption(
        algorithm=algorithm,
        key_id=change.key_arn or found.key_id,
        bucket_key=around.bucket_key and algorithm == SseAlgorithm.SSE_KMS,  # DSSE has none (E13)
    )


def guard_object(
    policy: Policy, decision: Decision, found: Found, original: Original, around: Surroundings, key: KeyPolicy
) -> Decision:
    """The decision, or a report where the object would leave readers or writers of its bucket behind."""
    if not isinstance(decision, Remediate) or decision.change.key_arn is None:
        return decision
    before = found.head.encryption
    intended = intended_for(before, decision.change, around)
    impacts = [*impact_of(around.exposure, key, intended.algorithm or "")]
    impacts += readers_locked_out(original.acl) if original.acl else []
    new = new_impacts(
        impacts,
        key,
        has_own_key=before.uses_kms and not found.is_under_aws_s3,
        brought=not policy.callers_may_use_key,
    )
    return unless_locked_out(decision, list(new), key, _WAY_OUT)


def unreadable_context(original: Original) -> str | None:
    """Why a known encryption context cannot be carried: S3 takes base64 of a JSON object and nothing else."""
    if original.context is None:
        return None
    try:
        context = loads(b64decode(original.context, validate=True))
    except (ValueError, RecursionError):
        context = None
    if isinstance(context, dict):
        return None
    return "it was written with an encryption context that its record does not spell out, and S3 never tells"
