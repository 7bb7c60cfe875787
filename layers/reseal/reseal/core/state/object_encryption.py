"""Step 2, value: the encryption of one object as S3 reports it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reseal.core.state.bucket_encryption import SSE_C, STRENGTH, SseAlgorithm
from reseal.core.text.quoted import named, quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectEncryption:
    """How one object is encrypted.

    `algorithm` is a value of `SseAlgorithm`, `SSE-C`, S3's own text for an unknown algorithm (E16), or
    None for an object from before 2023 that was never encrypted (D16). `key_id` is a key's full ARN (A16).
    """

    algorithm: str | None
    key_id: str | None = None
    bucket_key: bool = False

    @property
    def uses_kms(self) -> bool:
        """Whether readers need a KMS key."""
        return self.algorithm in (SseAlgorithm.SSE_KMS, SseAlgorithm.DSSE_KMS)

    @property
    def has_customer_key(self) -> bool:
        """Whether only the writer has the key (SSE-C)."""
        return self.algorithm == SSE_C

    def equals(self, other: ObjectEncryption) -> bool:
        """Whether both are the same encryption."""
        return self == other

    def meets(self, intended: ObjectEncryption) -> bool:
        """Whether this encryption equals `intended`."""
        return self == intended

    @property
    def in_words(self) -> str:
        """This encryption in words."""
        if self.algorithm is None:
            return "not encrypted"
        words = [_in_words(self.algorithm)]
        if self.uses_kms:
            words.append(f"under {named(self.key_id) if self.key_id else 'aws/s3'}")
        if self.bucket_key:
            words.append("with Bucket Key")
        return " ".join(words)

    def to_document(self) -> dict[str, Any]:
        """This encryption as JSON, for the ledger and the finding."""
        return {"algorithm": self.algorithm, "key_id": self.key_id, "bucket_key": self.bucket_key}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> ObjectEncryption:
        """The encryption that `to_document` wrote."""
        return cls(
            algorithm=document["algorithm"],
            key_id=document["key_id"],
            bucket_key=document["bucket_key"],
        )


def _in_words(algorithm: str) -> str:
    if algorithm in STRENGTH:
        return SseAlgorithm(algorithm).in_words
    return algorithm if algorithm == SSE_C else quoted(algorithm)


CUSTOMER_KEY = ObjectEncryption(algorithm=SSE_C)
"""An object under a customer-provided key. S3 returns nothing more about it without that key (C5)."""
