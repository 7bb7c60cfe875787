"""The estimate of what requests cost at KMS."""

from __future__ import annotations

import pytest

from localcloud.client.handle import REPOSITORY
from reseal.core.kms_cost import PER_MILLION_REQUESTS, PRICES_AS_OF, Requests, pays_for_each_request
from reseal.core.state.bucket_encryption import BucketEncryption, SseAlgorithm


@pytest.mark.parametrize(
    ("count", "usd", "with_bucket_key"),
    [(0, 0.0, 0.0), (1_000_000, 3.0, 0.03), (123_456, 0.3704, 0.0037), (None, None, None)],
)
def test_each_request_has_its_price(
    count: int | None, usd: float | None, with_bucket_key: float | None
) -> None:
    requests = Requests(count=count)

    assert (requests.usd, requests.least_usd_with_bucket_key) == (usd, with_bucket_key)


@pytest.mark.parametrize(
    ("algorithm", "bucket_key", "pays"),
    [
        (SseAlgorithm.SSE_KMS, False, True),
        (SseAlgorithm.SSE_KMS, True, False),
        (SseAlgorithm.DSSE_KMS, False, False),
        (SseAlgorithm.SSE_S3, False, False),
    ],
)
def test_only_sse_kms_without_a_bucket_key_pays_for_each(
    algorithm: str, bucket_key: bool, pays: bool
) -> None:
    assert pays_for_each_request(BucketEncryption(algorithm=algorithm, bucket_key=bucket_key)) is pays


def test_bucket_that_was_never_read_is_not_asked_about() -> None:
    assert not pays_for_each_request(None)


def test_price_and_its_date_are_those_of_the_document() -> None:
    text = (REPOSITORY / "docs" / "cost.md").read_text()

    assert PRICES_AS_OF in text
    assert f"{PER_MILLION_REQUESTS / 100:.2f} USD per 10,000 requests" in text
