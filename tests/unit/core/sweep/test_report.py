"""The report of a sweep: rows, counts and changes, and its forms for programs and people."""

from __future__ import annotations

import csv as csv_reader
import io
import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseal.core.checks.catalogue import CHECKS, FRAMEWORKS
from reseal.core.decision import Severity
from reseal.core.policy.requirements import Mode
from reseal.core.snapshot import BucketSeen, Creator, KeySeen, LastFinding, Rotation, Verdict
from reseal.core.sweep.files import csv, json_lines
from reseal.core.sweep.progress import Past, Progress
from reseal.core.sweep.report import Report, report_of
from reseal.core.sweep.rows import Rows, severities
from reseal.core.sweep.summary import summary_of
from tests.support.builders import DEFAULT_ENCRYPTION, SSE_KMS, TEAM_KEY, K, a_key, encryption, requirements
from tests.support.fakes.services import NOON

WEEK = timedelta(days=7)
FILES = {"html": "s3://reports/report.html"}
RIGHT = Verdict(status="COMPLIANT", reason="fine", since=NOON)
WRONG = Verdict(status="DETECTED", reason="why", since=NOON, severity=Severity.MEDIUM, recommendation="do")
FIRST = Progress(sweep="s1", started_at=NOON, saved_at=NOON, listed=2)
PAST = Past(sweep="s0", started_at=NOON - WEEK, listed=1, counts={DEFAULT_ENCRYPTION: {"MANUAL": 1}})
SECOND = replace(FIRST, past=(PAST,))


def a_bucket(name: str = "payroll", verdict: Verdict = RIGHT, **changes: Any) -> BucketSeen:
    values: dict[str, Any] = {
        "seen_at": NOON,
        "first_seen": NOON,
        "encryption": encryption(SSE_KMS, TEAM_KEY),
        "kms_key": TEAM_KEY,
        "verdicts": {DEFAULT_ENCRYPTION: verdict},
    }
    return BucketSeen(bucket=name, **{**values, **changes})


def a_report(*seen: BucketSeen | KeySeen, progress: Progress = FIRST) -> Report:
    return report_of(requirements(), progress, Rows.of(seen), version="1", ended_at=NOON)


def key_seen(**changes: Any) -> KeySeen:
    return KeySeen(key=a_key(), seen_at=NOON, since=NOON, first_seen=NOON, **changes)


def a_summary(*seen: BucketSeen | KeySeen, progress: Progress = FIRST, single: int = 20) -> Any:
    rows = Rows.of(seen)
    return summary_of(a_report(*seen, progress=progress), progress, severities(rows), FILES, single=single)


def test_row_of_a_bucket_has_its_state_and_its_key() -> None:
    creator = Creator(who="alice", tool="CDK", at=NOON)
    report = a_report(a_bucket(creator=creator, owner="CDK"), key_seen(rotation=Rotation(on=True, days=180)))

    bucket, key = report.rows
    assert (bucket["name"], bucket["kms_key"], bucket["kms_key_state"]) == ("payroll", TEAM_KEY, "Enabled")
    assert (bucket["owner"], bucket["creator"], bucket["right_since"]) == ("CDK", "alice", NOON.isoformat())
    assert (key["rotation"], key["rotation_days"], key["buckets"]) == (True, 180, 1)


def test_row_of_a_check_has_its_controls() -> None:
    (row,) = a_report(a_bucket(verdict=WRONG)).rows

    found = row["checks"][DEFAULT_ENCRYPTION]
    assert (found["status"], found["severity"], found["since"]) == ("DETECTED", "MEDIUM", NOON.isoformat())
    assert "Security Hub S3.17" in found["controls"]


def test_check_that_no_longer_exists_has_no_controls() -> None:
    (row,) = a_report(a_bucket(verdicts={"S3.Old": RIGHT})).rows

    assert row["checks"]["S3.Old"]["controls"] == []


def test_bucket_that_was_not_read_has_no_verdicts_and_is_named_as_not_looked_at() -> None:
    report = a_report(
        a_bucket(verdict=WRONG, not_read="denied"), BucketSeen(bucket="b", seen_at=NOON, first_seen=NOON)
    )

    unread, unknown = sorted(report.rows, key=lambda row: row["name"], reverse=True)
    assert (unread["checks"], unread["not_read"]) == ({}, "denied")
    assert (unknown["encryption"], unknown["kms_key"]) == (None, None)
    assert "bucket payroll: denied" in report.not_looked_at
    assert report.counts == {}


def test_listed_key_that_was_not_described_is_named_as_not_looked_at() -> None:
    assert any(one.startswith(f"{K}: ") for one in a_report().not_looked_at)


def test_counts_are_by_check_and_status_and_keys_by_state() -> None:
    report = a_report(a_bucket("a"), a_bucket("b", WRONG), key_seen())

    assert report.counts == {
        DEFAULT_ENCRYPTION: {"COMPLIANT": 1, "DETECTED": 1},
        "KMS key state": {"Enabled": 1},
    }


def test_first_sweep_has_no_changes_and_a_trend_of_one() -> None:
    head = a_report(a_bucket()).head

    assert head["changed"] == {"new": [], "violated": [], "put_right": []}
    assert [one["at"] for one in head["trend"]] == [NOON.isoformat()]


def test_changes_are_those_since_the_last_sweep_began() -> None:
    old = {"first_seen": NOON - 2 * WEEK}
    before = NOON - 2 * WEEK
    report = a_report(
        a_bucket("new", WRONG),
        a_bucket("violated", WRONG, **old),
        a_bucket("put right", RIGHT, **old),
        a_bucket("still wrong", replace(WRONG, since=before), **old),
        a_bucket("still right", replace(RIGHT, since=before), **old),
        progress=SECOND,
    )

    assert report.head["changed"] == {"new": ["new"], "violated": ["violated"], "put_right": ["put right"]}


def test_repairable_are_the_most_severe_first_of_checks_that_enforce() -> None:
    high = replace(WRONG, severity=Severity.HIGH)
    manual = Verdict(status="MANUAL", reason="why", since=NOON, severity=Severity.CRITICAL)
    rows = Rows.of([a_bucket("a", WRONG), a_bucket("b", high), a_bucket("c", manual), a_bucket("d", RIGHT)])

    assert [one.name for one in rows.repairable(requirements())] == ["b", "a"]
    assert rows.repairable(requirements(mode=Mode.DETECT)) == []


# --- JSON Lines and CSV --------------------------------------------------------------------------------

names = st.text(max_size=20)


hostile = st.sampled_from(["=HYPERLINK(0)", '"\r\nx', '"}\n{"type":"report"', "</script><script>alert(1)"])


@given(names | hostile, names | hostile, names | hostile)
def test_every_line_is_json_whatever_the_names(bucket: str, owner: str, reason: str) -> None:
    report = a_report(a_bucket(bucket, owner=owner, verdict=replace(WRONG, reason=reason)))

    head, row = map(json.loads, json_lines(report).split("\n")[:-1])
    assert head["type"] == "report"
    assert row["name"] == bucket
    assert (row["owner"], row["checks"][DEFAULT_ENCRYPTION]["reason"]) == (owner, reason)


@given(names | hostile, names | hostile, names | hostile)
def test_no_cell_is_a_formula_and_none_breaks_out(name: str, owner: str, reason: str) -> None:
    report = a_report(a_bucket(name, owner=owner, verdict=replace(WRONG, reason=reason)), key_seen())

    heads, bucket, key = csv_reader.reader(io.StringIO(csv(report), newline=""))
    assert len(heads) == len(bucket) == len(key)
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in (*bucket, *key))
    assert bucket[heads.index("owner")].removeprefix("'") == owner.removeprefix("'")


def test_csv_has_a_column_for_each_answer_of_each_check() -> None:
    text = csv(a_report(a_bucket(verdict=WRONG, not_read=None)))

    (row,) = csv_reader.DictReader(io.StringIO(text))
    assert (row["name"], row["bucket_key"], row["sse_c_blocked"]) == ("payroll", "no", "yes")
    assert row[f"{DEFAULT_ENCRYPTION} status"] == "DETECTED"
    assert row[f"{DEFAULT_ENCRYPTION} Security Hub"] == "Security Hub S3.17"
    assert row[f"{DEFAULT_ENCRYPTION} GDPR"] == "GDPR Art. 32(1)(a)"


def test_row_has_the_last_finding_that_was_published() -> None:
    (row,) = a_report(a_bucket(last_finding=LastFinding(id="f1", at=NOON))).rows

    assert (row["last_finding"], row["last_finding_at"]) == ("f1", NOON.isoformat())


def test_every_control_belongs_to_a_framework() -> None:
    assert all(control.startswith(FRAMEWORKS) for check in CHECKS for control in check.controls)


# --- the message ---------------------------------------------------------------------------------------


def test_first_line_is_the_sentence_a_person_needs() -> None:
    message = a_summary(a_bucket(verdict=WRONG))

    assert message.email.splitlines()[0] == (
        "Reseal looked at 2 buckets of account 111122223333 in us-east-1: 1 violation, 0 could not be read."
    )
    assert message.subject == "Reseal sweep: 1 violation in 2 buckets, account 111122223333, us-east-1"
    assert message.attributes["severity"] == "MEDIUM"


def test_sweep_without_violations_says_so() -> None:
    message = a_summary(a_bucket())

    assert "0 violations" in message.subject
    assert message.attributes["severity"] == "INFORMATIONAL"
    assert "By severity" not in message.email


def test_empty_account_has_a_message() -> None:
    assert "0 violations" in a_summary().email


@pytest.mark.parametrize(("single", "expected"), [(1, True), (2, False)])
def test_critical_findings_without_messages_are_counted(single: int, expected: bool) -> None:
    critical = replace(WRONG, severity=Severity.CRITICAL)
    message = a_summary(a_bucket("a", critical), a_bucket("b", critical), single=single)

    assert "(2 CRITICAL)" in message.subject
    assert ("1 CRITICAL findings have no message of their own" in message.email) is expected


def test_changes_are_named_up_to_ten() -> None:
    new = [a_bucket(f"new-{number:02}", WRONG) for number in range(12)]
    message = a_summary(*new, progress=SECOND)

    assert "New buckets: 12: new-00, " in message.email
    assert "new-09 and 2 more" in message.email
    assert "Right again since the last sweep: none" in message.email


def test_first_sweep_says_that_there_is_nothing_to_compare() -> None:
    assert "This is the first sweep" in a_summary().email


def test_looks_that_were_sent_are_counted() -> None:
    message = a_summary(progress=replace(FIRST, violating=2, looks=("a", "b")))

    assert "2 of 2 buckets and keys that can be repaired were handed to their lanes." in message.email


def test_cap_is_named() -> None:
    message = a_summary(
        progress=replace(FIRST, violating=3, looks=("a",), cap="SweepMostRepairs=1 is reached")
    )

    assert "1 of 3 buckets" in message.email
    assert "because SweepMostRepairs=1 is reached" in message.email
    assert json.loads(message.document)["repairs"]["stopped_because"] == "SweepMostRepairs=1 is reached"


def test_subject_fits_sns() -> None:
    progress = replace(FIRST, listed=10**60)

    assert len(a_summary(progress=progress).subject) == 99


def test_severities_are_counted_over_all_checks() -> None:
    rows = Rows.of([a_bucket(verdicts={"a": WRONG, "b": WRONG, "c": RIGHT})])

    assert severities(rows) == Counter({Severity.MEDIUM: 2})
