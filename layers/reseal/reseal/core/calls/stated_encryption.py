"""Step 1, parse: what the record of a write says about the object's encryption."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reseal.core.state.bucket_encryption import SSE_C, SseAlgorithm

ENCRYPTION = "x-amz-server-side-encryption"
"""The header that names the algorithm."""

_CUSTOMER = f"{ENCRYPTION}-customer-algorithm"
_KEY = f"{ENCRYPTION}-aws-kms-key-id"
_CONTEXT = f"{ENCRYPTION}-context"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedObjectEncryption:
    """What a record says about the encryption of the written object (A15, A16).

    `algorithm` and `key_id` are S3's answer, or the request if there is no answer; `SSE-C` stands for a
    customer-provided key. `context` is the encryption context as sent; S3 never returns it later. `answered`:
    S3's answer names the algorithm.
    """

    algorithm: str | None = None
    key_id: str | None = None
    context: str | None = None
    answered: bool = False


def parse_stated(request: Mapping[str, Any], response: Mapping[str, Any]) -> StatedObjectEncryption:
    """Read the request and response headers: `customer-algorithm: AES256` is SSE-C, not SSE-S3."""

    def said(header: str) -> str | None:
        return text_or_none(response, header) or text_or_none(request, header)

    algorithm = said(ENCRYPTION)
    return StatedObjectEncryption(
        algorithm=SSE_C if said(_CUSTOMER) else algorithm and _spelled_as_s3_does(algorithm),
        key_id=said(_KEY),
        context=said(_CONTEXT),
        answered=any(text_or_none(response, header) for header in (ENCRYPTION, _CUSTOMER)),
    )


def text_or_none(fields: Mapping[str, Any], name: str) -> str | None:
    """An optional text field; None if it is missing, empty or not text."""
    value = fields.get(name)
    return value if isinstance(value, str) and value else None


def _spelled_as_s3_does(algorithm: str) -> str:
    """Writers may send other upper and lower case (`Aes256`), and CloudTrail keeps it (A15)."""
    lower = algorithm.lower()
    return SseAlgorithm.SSE_S3.value if lower == SseAlgorithm.SSE_S3.lower() else lower
