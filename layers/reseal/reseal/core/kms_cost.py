"""What the requests to a bucket under SSE-KMS cost at KMS, without and with a Bucket Key. An estimate.

Without a Bucket Key S3 asks KMS at each read and write of an object (E14).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from reseal.core.state.bucket_encryption import BucketEncryption, SseAlgorithm

PRICES_AS_OF = "November 2026"
PER_MILLION_REQUESTS = 3.00
"""USD for requests to KMS, list price of us-east-1. docs/cost.md is computed with it, too."""

DAYS = 30
"""The days whose requests are counted."""

_LEAST_LEFT = 0.01  # a Bucket Key saves up to 99 % (E14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """The reads and writes of a bucket's objects in the last 30 days, as S3's request metrics count them.

    `count` is None if that is not known, and `unknown` says why. S3 delivers these metrics on a best-effort
    basis, from the day on which somebody configured them.
    """

    count: int | None = None
    unknown: str | None = None

    @property
    def usd(self) -> float | None:
        """What they cost at KMS without a Bucket Key, if each is one request."""
        return None if self.count is None else round(self.count * PER_MILLION_REQUESTS / 1e6, 4)

    @property
    def least_usd_with_bucket_key(self) -> float | None:
        """What they cost at least with a Bucket Key."""
        return None if self.usd is None else round(self.usd * _LEAST_LEFT, 4)

    def to_document(self) -> dict[str, Any]:
        """The requests as JSON, for the table."""
        return asdict(self)


def pays_for_each_request(encryption: BucketEncryption | None) -> bool:
    """Whether a Bucket Key would save requests to KMS. DSSE-KMS knows none (E13)."""
    return (
        encryption is not None and encryption.algorithm == SseAlgorithm.SSE_KMS and not encryption.bucket_key
    )
