"""Whether Reseal's write took out somebody's newer policy: cases, and laws over simulated histories."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseal.core.decision import Manual, Severity
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.deny_insecure_transport import DenyInsecureTransport
from reseal.core.transit.lost_update import PolicyCall, PolicyWrite, overwritten
from tests.unit.core.transit.cases import BUCKET, allow, policy

CHANGE = DenyInsecureTransport(bucket_arn=BUCKET)
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
OURS = CHANGE.statement("X")
A, B, C = (allow(Sid=sid) for sid in "ABC")


def of(*statements: Any) -> BucketPolicy:
    return BucketPolicy.of(policy(*statements)) if statements else BucketPolicy()


def seconds(number: float) -> datetime:
    return NOON + timedelta(seconds=number)


def wrote(before: BucketPolicy) -> PolicyWrite:
    """Read at noon, written a second later."""
    return PolicyWrite(change=CHANGE, read_at=NOON, written_at=seconds(1), before=before.fingerprint)


def set_by_ann(found: BucketPolicy | None, at: datetime = NOON) -> PolicyCall:
    return PolicyCall(who="ann", event_id="e-1", time=at, policy=found)


@pytest.mark.parametrize(
    ("before", "set_between", "present", "lost"),
    [
        pytest.param(of(A), of(B), of(A, CHANGE.statement()), True, id="replaced"),
        pytest.param(of(A), of(A, B), of(A, CHANGE.statement()), True, id="added to"),
        pytest.param(of(A, B), of(A), of(A, B, CHANGE.statement()), True, id="taken out of"),
        pytest.param(of(A), of(), of(A, CHANGE.statement()), True, id="deleted"),
        pytest.param(of(), of(A), of(CHANGE.statement()), True, id="first policy"),
        pytest.param(of(A), None, of(A, CHANGE.statement()), True, id="not in the record"),
        pytest.param(of(A), of(B), of(C), True, id="neither is there"),
        pytest.param(of(A), BucketPolicy("{"), of(A, CHANGE.statement()), True, id="not readable"),
        pytest.param(of(A), of(B), BucketPolicy("{"), True, id="what is there is not readable"),
        pytest.param(of(A), of(A), of(A, CHANGE.statement()), False, id="the same as before"),
        pytest.param(of(A), of(A, OURS), of(A, CHANGE.statement()), False, id="the same as after"),
        pytest.param(of(), of(), of(CHANGE.statement()), False, id="deleted what was not there"),
        pytest.param(of(A), of(B), of(B), False, id="set after the write"),
        pytest.param(of(A), of(B), of(B, CHANGE.statement()), False, id="set, then remediated"),
        pytest.param(of(A), of(B), of(C, B), False, id="set, then added to"),
        pytest.param(of(A), of(), of(), False, id="deleted after the write"),
    ],
)  # fmt: skip
def test_which_policies_are_lost(
    before: BucketPolicy, set_between: BucketPolicy | None, present: BucketPolicy, lost: bool
) -> None:
    found = overwritten(wrote(before), set_by_ann(set_between), present)

    assert (found is not None) is lost


@pytest.mark.parametrize(("at", "lost"), [(-2.5, False), (-2, True), (0.5, True), (3, True), (3.5, False)])
def test_call_counts_if_it_fell_between_read_and_write_give_or_take_two_seconds(
    at: float, lost: bool
) -> None:
    found = overwritten(wrote(of(A)), set_by_ann(of(B), seconds(at)), of(A, CHANGE.statement()))

    assert (found is not None) is lost


def test_finding_quotes_the_policy_and_its_writer() -> None:
    found = overwritten(wrote(of(A)), set_by_ann(of(B)), of(A, CHANGE.statement()))

    assert isinstance(found, Manual)
    assert found.severity is Severity.CRITICAL
    assert f"'ann' set at {NOON.isoformat()} (event e-1): '{of(B).text}'" in found.reason
    assert "event e-1 in CloudTrail" in found.recommendation


@pytest.mark.parametrize(
    ("lost", "quoted"),
    [
        (of(), ": it was deleted"),
        (None, ": its record does not show it"),
        (of(allow(Sid="x" * 20_000)), f"'... ({len(of(allow(Sid='x' * 20_000)).text or '')} characters)"),
    ],
)
def test_quotation_is_bounded(lost: BucketPolicy | None, quoted: str) -> None:
    found = overwritten(wrote(of(A)), set_by_ann(lost), of(A, CHANGE.statement()))

    assert isinstance(found, Manual)
    assert found.reason.endswith(quoted)
    assert len(found.reason) < 2500


def test_quotation_shows_no_text_that_imitates_another() -> None:
    found = overwritten(
        wrote(of(A)), set_by_ann(BucketPolicy('{"Sid":\n"\u202ex"')), of(A, CHANGE.statement())
    )

    assert found is not None
    assert found.reason.isprintable()


policies = st.lists(st.sampled_from([A, B, C]), max_size=3, unique_by=lambda one: one["Sid"]).map(
    lambda statements: of(*statements)
)
skew = st.floats(min_value=-2, max_value=2).map(lambda number: timedelta(seconds=number))


@given(policies, policies, skew, st.floats(min_value=0, max_value=1))
def test_policy_that_was_set_between_read_and_write_is_found(
    before: BucketPolicy, theirs: BucketPolicy, clock: timedelta, at: float
) -> None:
    present = CHANGE.applied_to(before)  # what S3 has: theirs was written, then this

    found = overwritten(wrote(before), set_by_ann(theirs, seconds(at) + clock), present)

    assert (found is not None) is not theirs.equals(before)


@given(policies, policies, skew)
def test_policy_that_was_set_after_the_write_is_not(
    before: BucketPolicy, theirs: BucketPolicy, clock: timedelta
) -> None:
    assert overwritten(wrote(before), set_by_ann(theirs, seconds(1) + clock), theirs) is None


@given(policies, skew)
def test_policy_that_was_read_before_the_write_is_not(before: BucketPolicy, clock: timedelta) -> None:
    present = CHANGE.applied_to(before)

    assert overwritten(wrote(before), set_by_ann(before, NOON + clock), present) is None


@given(policies, policies, policies)
def test_policy_of_which_a_statement_is_gone_is_found_whoever_wrote_since(
    before: BucketPolicy, theirs: BucketPolicy, later: BucketPolicy
) -> None:
    if not later.meets(theirs) and not theirs.equals(before):
        assert overwritten(wrote(before), set_by_ann(theirs), later) is not None
