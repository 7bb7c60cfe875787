"""Step 3, values: the change that a check requires in the encryption of a bucket or an object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from reseal.core.state.bucket_encryption import NOTHING_BLOCKED, SSE_C, BucketEncryption, SseAlgorithm
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.s3_object import BucketContext
from reseal.core.state.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionChange:
    """The change that one check requires in the encryption; None keeps a property as found.

    `setting` is the encryption of a bucket or of an object.
    """

    setting: str = Setting.BUCKET_ENCRYPTION
    algorithm: SseAlgorithm | None = None
    key_arn: str | None = None
    bucket_key: bool | None = None
    block_sse_c: bool = False

    def applied_to(self, found: BucketEncryption) -> BucketEncryption:
        """The complete rule to write: `found` with only this change applied (E5)."""
        algorithm = self.algorithm or found.algorithm
        bucket_key = found.bucket_key if self.bucket_key is None else self.bucket_key
        return replace(
            found,
            algorithm=algorithm,
            key_id=self.key_arn or found.key_id,
            bucket_key=bucket_key and algorithm != SseAlgorithm.DSSE_KMS,  # DSSE has none (E13)
            blocked=_with_sse_c(found.blocked) if self.block_sse_c else found.blocked,
        )

    def to_document(self) -> dict[str, Any]:
        """The change as JSON, for the ledger."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> EncryptionChange:
        """The change that `to_document` wrote."""
        algorithm = document["algorithm"]
        return cls(**{**document, "algorithm": SseAlgorithm(algorithm) if algorithm else None})


def _with_sse_c(blocked: tuple[str, ...] | None) -> tuple[str, ...]:
    kept = tuple(kind for kind in blocked or () if kind not in (NOTHING_BLOCKED, SSE_C))
    return (*kept, SSE_C)


def intended_for(
    found: ObjectEncryption, change: EncryptionChange, bucket_context: BucketContext
) -> ObjectEncryption:
    """The encryption to set on an object: the change, with the bucket's own Bucket Key setting."""
    algorithm = change.algorithm or found.algorithm
    return ObjectEncryption(
        algorithm=algorithm,
        key_id=change.key_arn or found.key_id,
        bucket_key=bucket_context.bucket_key and algorithm == SseAlgorithm.SSE_KMS,  # DSSE has none (E13)
    )
