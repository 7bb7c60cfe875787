"""Step 1: what the record of a write says of the encryption that the object got."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reseal.core.state.bucket_encryption import SSE_C, SseAlgorithm

_SSE = "x-amz-server-side-encryption"
_CUSTOMER = f"{_SSE}-customer-algorithm"
_KEY = f"{_SSE}-aws-kms-key-id"
_CONTEXT = f"{_SSE}-context"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedObjectEncryption:
    """What a record says of the encryption that its write got (A15, A16).

    `algorithm` and `key_id` are what S3 answered, or else what was asked for; `SSE-C` stands for a
    customer-provided key. `context` is the encryption context as it was sent, which S3 never tells again.
    """

    algorithm: str | None = None
    key_id: str | None = None
    context: str | None = None


def parse_stated(request: Mapping[str, Any], response: Mapping[str, Any]) -> StatedObjectEncryption:
    """Read the headers as they were sent and answered: `customer-algorithm: AES256` is SSE-C, not SSE-S3."""

    def said(header: str) -> str | None:
        return text_or_none(response, header) or text_or_none(request, header)

    algorithm = said(_SSE)
    return StatedObjectEncryption(
        algorithm=SSE_C if said(_CUSTOMER) else algorithm and _spelled_as_s3_does(algorithm),
        key_id=said(_KEY),
        context=said(_CONTEXT),
    )


def text_or_none(fields: Mapping[str, Any], name: str) -> str | None:
    """A field that need not be there, where it is text."""
    value = fields.get(name)
    return value if isinstance(value, str) and value else None


def _spelled_as_s3_does(algorithm: str) -> str:
    """Writers spell header values in cases of their own (`Aes256`), and CloudTrail keeps them (A15)."""
    lower = algorithm.lower()
    return SseAlgorithm.SSE_S3.value if lower == SseAlgorithm.SSE_S3.lower() else lower
