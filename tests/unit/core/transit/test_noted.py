"""What was noted of a bucket, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reseal.core.transit.noted import BY_HAND, INFRASTRUCTURE_AS_CODE, KEPT, NotedBucket, PlainHttpCall

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
CALL = PlainHttpCall(who="arn:aws:iam::111122223333:role/apt", name="GetObject", time=NOON)
IN_WORDS = "GetObject by arn:aws:iam::111122223333:role/apt at 2026-11-01T12:00:00+00:00"


@pytest.mark.parametrize(
    ("noted", "since", "words"),
    [
        (NotedBucket(), timedelta(0), None),
        (NotedBucket(last=CALL, count=1), timedelta(0), f"1 call {IN_WORDS}"),
        (NotedBucket(last=CALL, count=7), KEPT, f"at least 7 calls, the last {IN_WORDS}"),
        (NotedBucket(last=CALL, count=7), KEPT + timedelta(seconds=1), None),
    ],
    ids=["never", "once", "often", "long ago"],
)
def test_plain_http_counts_for_ninety_days(noted: NotedBucket, since: timedelta, words: str | None) -> None:
    assert noted.plain_http(NOON + since) == words


def test_no_tool_works_by_hand_and_by_template() -> None:
    assert not BY_HAND & INFRASTRUCTURE_AS_CODE
