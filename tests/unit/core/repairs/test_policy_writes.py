"""When Reseal wrote a bucket policy: exactly where its ledger entry says so, else as late as can be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from reseal.core.outcome import Applied, Failed, Outcome, SkipCause, Skipped
from reseal.core.repairs.ledger_entry import LedgerEntry
from reseal.core.repairs.policy_writes import WRITTEN_AT, writes_of
from reseal.core.resource import BucketResource
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.deny_insecure_transport import DenyInsecureTransport
from reseal.core.state.setting import Setting
from reseal.core.transit.lost_update import PolicyWrite
from reseal.core.transit.noted import LONGEST_WRITE, NotedWrite
from tests.support.fakes.services import NOON

CHANGE = DenyInsecureTransport(bucket_arn="arn:aws:s3:::b")
NOTED = NotedWrite(entry_id="e", read_at=NOON, before="fingerprint")
SOON, LATEST = NOON + timedelta(seconds=1), NOON + LONGEST_WRITE
APPLIED = Applied(after=BucketPolicy(), at=SOON)
LATE = Applied(after=BucketPolicy(), at=LATEST + timedelta(minutes=9))
NEWER = Skipped(cause=SkipCause.NEWER, reason="newer")
FAILED = Failed(code="MalformedPolicy", reason="refused")
WRITTEN = {WRITTEN_AT: SOON.isoformat()}


def an_entry(outcome: Outcome | None, details: dict[str, str]) -> LedgerEntry[Any]:
    return LedgerEntry(
        entry_id="e",
        resource=BucketResource(bucket="b"),
        setting=Setting.BUCKET_POLICY,
        before=BucketPolicy(),
        intended=BucketPolicy(),
        violations={},
        checks=(),
        owner="me",
        lease_until=0,
        action=Setting.BUCKET_POLICY,
        details=details,
        outcome=outcome,
    )


@pytest.mark.parametrize(
    ("entry", "written_at"),
    [
        pytest.param(None, LATEST, id="no entry"),
        pytest.param(an_entry(None, {}), LATEST, id="open"),
        pytest.param(an_entry(APPLIED, WRITTEN), SOON, id="written"),
        pytest.param(an_entry(APPLIED, {}), SOON, id="found out"),
        pytest.param(an_entry(LATE, {}), LATEST, id="found out late"),
        pytest.param(an_entry(NEWER, {}), LATEST, id="replaced, or never made"),
        pytest.param(an_entry(FAILED, WRITTEN), SOON, id="written, then not readable"),
    ],
)
def test_write_is_bounded_by_what_its_entry_says(entry: Any, written_at: Any) -> None:
    entries = {"e": entry} if entry else {}

    assert list(writes_of([NOTED], entries, CHANGE)) == [
        PolicyWrite(change=CHANGE, read_at=NOON, written_at=written_at, before="fingerprint")
    ]


def test_refused_write_was_not_made() -> None:
    assert list(writes_of([NOTED], {"e": an_entry(FAILED, {})}, CHANGE)) == []


def test_refused_write_may_hide_an_earlier_one_of_the_same_entry() -> None:
    assert len(list(writes_of([NOTED, NOTED], {"e": an_entry(FAILED, {})}, CHANGE))) == 2
