"""Whether a bucket policy denies plain HTTP: known answers, and laws against an independent judge."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings

from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.transit.verdict import TransitVerdict, verdict_of
from tests.unit.core.transit.authors import policy
from tests.unit.core.transit.oracle import BUCKET, refused_to_all_over_tls, undenied_over_http


def judged(document: dict[str, Any]) -> TransitVerdict:
    return verdict_of(BucketPolicy.of(document), BUCKET)


@settings(max_examples=400)
@given(policy())
def test_no_plain_http_passes_if_the_verdict_is_yes(document: dict[str, Any]) -> None:
    if judged(document).denies_http:
        assert list(undenied_over_http(document)) == []


@settings(max_examples=400)
@given(policy())
def test_some_tls_is_refused_to_everybody_if_the_verdict_says_so(document: dict[str, Any]) -> None:
    if judged(document).denies_tls:
        assert any(refused_to_all_over_tls(document))
