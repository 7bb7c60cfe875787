"""Step 2, values: a bucket's default encryption as S3 stores it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from reseal.core.text.quoted import named, quoted

SSE_C = "SSE-C"
NOTHING_BLOCKED = "NONE"  # S3's value in BlockedEncryptionTypes for "no type is blocked" (E6)


class SseAlgorithm(StrEnum):
    """The algorithms a bucket default can name, in S3's spelling."""

    SSE_S3 = "AES256"
    SSE_KMS = "aws:kms"
    DSSE_KMS = "aws:kms:dsse"

    @property
    def in_words(self) -> str:
        """The name AWS uses in prose."""
        return {"AES256": "SSE-S3", "aws:kms": "SSE-KMS", "aws:kms:dsse": "DSSE-KMS"}[self.value]


STRENGTH = {SseAlgorithm.SSE_S3: 0, SseAlgorithm.SSE_KMS: 1, SseAlgorithm.DSSE_KMS: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketEncryption:
    """The one rule of a bucket's default encryption (E4: exactly one).

    `algorithm` is a value of `SseAlgorithm`, or S3's own text if it is an unknown algorithm (E16).
    `key_id` is the KMS key as stored: ARN, bare id or alias (E10); None means the AWS managed key
    for KMS algorithms (E11). `blocked` is None if S3 returned no block list.
    """

    algorithm: str
    key_id: str | None = None
    bucket_key: bool = False
    blocked: tuple[str, ...] | None = None

    @property
    def uses_kms(self) -> bool:
        """Whether new objects are under a KMS key."""
        return self.algorithm in (SseAlgorithm.SSE_KMS, SseAlgorithm.DSSE_KMS)

    @property
    def blocks_sse_c(self) -> bool:
        """Whether S3 refuses writes with customer-provided keys (E6)."""
        return SSE_C in (self.blocked or ())

    def equals(self, intended: BucketEncryption) -> bool:
        """Whether both rules have the same effect.

        A missing block list and `NONE` both block nothing; the order of the list has no meaning.
        """
        same_rule = (self.algorithm, self.key_id, self.bucket_key) == (
            intended.algorithm,
            intended.key_id,
            intended.bucket_key,
        )
        return same_rule and self._blocked_types() == intended._blocked_types()

    def meets(self, intended: BucketEncryption) -> bool:
        """Whether this rule does what `intended` requires. It may block more types: S3 adds some (E7)."""
        blocked = tuple(self._blocked_types() | intended._blocked_types())
        return self._blocked_types() >= intended._blocked_types() and self.equals(
            replace(intended, blocked=blocked)
        )

    def _blocked_types(self) -> frozenset[str]:
        return frozenset(self.blocked or ()) - {NOTHING_BLOCKED}

    @property
    def in_words(self) -> str:
        """This rule in words."""
        known = self.algorithm in STRENGTH
        words = [SseAlgorithm(self.algorithm).in_words if known else quoted(self.algorithm)]
        if self.algorithm != SseAlgorithm.SSE_S3:
            words.append(f"under {named(self.key_id) if self.key_id else 'aws/s3'}")
        if self.bucket_key:
            words.append("with Bucket Key")
        return " ".join(words) + (", SSE-C blocked" if self.blocks_sse_c else "")

    def to_s3(self) -> dict[str, Any]:
        """This rule as the ServerSideEncryptionConfiguration of PutBucketEncryption."""
        default = {"SSEAlgorithm": self.algorithm}
        if self.key_id is not None:
            default["KMSMasterKeyID"] = self.key_id
        rule: dict[str, Any] = {
            "ApplyServerSideEncryptionByDefault": default,
            "BucketKeyEnabled": self.bucket_key,
        }
        if self.blocked:
            rule["BlockedEncryptionTypes"] = {"EncryptionType": list(self.blocked)}
        return {"Rules": [rule]}

    def to_document(self) -> dict[str, Any]:
        """This rule as JSON, for the ledger and the finding."""
        return {
            "algorithm": self.algorithm,
            "key_id": self.key_id,
            "bucket_key": self.bucket_key,
            "blocked": None if self.blocked is None else list(self.blocked),
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> BucketEncryption:
        """The rule that `to_document` wrote."""
        blocked = document["blocked"]
        return cls(
            algorithm=document["algorithm"],
            key_id=document["key_id"],
            bucket_key=document["bucket_key"],
            blocked=None if blocked is None else tuple(blocked),
        )


NEVER_CONFIGURED = BucketEncryption(algorithm=SseAlgorithm.SSE_S3)
"""What S3 applies to a bucket without a configuration since 2023 (E1, E3)."""
