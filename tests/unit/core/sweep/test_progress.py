"""How far a sweep is: the messages of its queue, and which of them are worked on."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseal.core.errors import MalformedEventError
from reseal.core.sweep.caps import LONGEST_DELAY, Caps, delay_of
from reseal.core.sweep.progress import (
    REMEMBERED,
    STUCK,
    Asked,
    Past,
    Progress,
    Stage,
    admitted,
    asked_by,
    asking,
)
from tests.support.fakes.services import NOON

START = Asked(sweep="new", hop=0)
COUNTS = {"S3.BucketDefaultEncryption": {"COMPLIANT": 3}}
PAST = Past(sweep="old", started_at=NOON, listed=3, counts=COUNTS)
AT_WORK = Progress(sweep="s", started_at=NOON, saved_at=NOON, hop=2, token="t", listed=7, past=(PAST,))


def test_document_holds_everything() -> None:
    full = replace(AT_WORK, stage=Stage.LOOKS, critical=2, sent=1, violating=3, cap="reached")

    assert Progress.from_document(json.loads(json.dumps(full.to_document()))) == full


def test_schedule_begins_a_sweep_named_after_its_message() -> None:
    assert asked_by('{"reseal": "sweep"}', "m1") == Asked(sweep="m1", hop=0)


def test_message_of_a_sweep_to_itself_continues_it() -> None:
    assert asked_by(asking(Asked(sweep="s", hop=3)), "m1") == Asked(sweep="s", hop=3)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"reseal": "look"}',
        '{"reseal": "sweep", "sweep": "s"}',
        '{"reseal": "sweep", "sweep": "s", "hop": 0}',
        '{"reseal": "sweep", "sweep": "", "hop": 1}',
        '{"reseal": "sweep", "all": true}',
    ],
)
def test_anything_else_is_malformed(body: str) -> None:
    with pytest.raises(MalformedEventError):
        asked_by(body, "m1")


def test_first_sweep_begins_at_the_first_bucket() -> None:
    assert admitted(None, START, NOON) == Progress(sweep="new", started_at=NOON, saved_at=NOON)


def test_sweep_after_another_remembers_its_counts() -> None:
    done = AT_WORK.ended(COUNTS)

    begun = admitted(done, START, NOON + timedelta(days=7))

    assert isinstance(begun, Progress)
    assert (begun.stage, begun.token, begun.listed, begun.hop) == (Stage.BUCKETS, None, 0, 0)
    assert [one.sweep for one in begun.past] == ["old", "s"]
    assert begun.last == Past(sweep="s", started_at=NOON, listed=7, counts=COUNTS)


def test_only_the_last_sweeps_are_remembered() -> None:
    progress = AT_WORK
    for number in range(20):
        progress = replace(progress, sweep=str(number)).ended(COUNTS)

    assert [one.sweep for one in progress.past] == [str(number) for number in range(20)][-REMEMBERED:]


def test_first_sweep_has_no_last() -> None:
    assert replace(AT_WORK, past=()).last is None


def test_another_sweep_waits_for_the_next_schedule_while_one_is_at_work() -> None:
    assert "at work" in str(admitted(AT_WORK, START, NOON + STUCK))


def test_sweep_without_a_step_for_an_hour_is_replaced() -> None:
    begun = admitted(AT_WORK, START, NOON + STUCK + timedelta(seconds=1))

    assert isinstance(begun, Progress)
    assert (begun.sweep, begun.past) == ("new", (PAST,))


def test_continuation_of_a_replaced_sweep_is_dropped() -> None:
    late = NOON + timedelta(days=9)

    assert "at work" in str(admitted(AT_WORK, Asked(sweep="other", hop=1), late))
    assert "not known" in str(admitted(None, Asked(sweep="other", hop=1), late))


@pytest.mark.parametrize("hop", [2, 3])
def test_message_of_this_or_the_next_hop_continues(hop: int) -> None:
    assert admitted(AT_WORK, Asked(sweep="s", hop=hop), NOON) == replace(AT_WORK, hop=hop)


@pytest.mark.parametrize("hop", [0, 1])
def test_message_of_an_earlier_hop_is_dropped(hop: int) -> None:
    assert "is over" in str(admitted(AT_WORK, Asked(sweep="s", hop=hop), NOON))


def test_message_of_a_sweep_that_ended_is_dropped() -> None:
    assert "is over" in str(admitted(AT_WORK.ended(COUNTS), Asked(sweep="s", hop=9), NOON))


def test_redelivered_start_continues_its_sweep() -> None:
    begun = replace(AT_WORK, hop=0)

    assert admitted(begun, Asked(sweep="s", hop=0), NOON) == begun


# --- caps ----------------------------------------------------------------------------------------------


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 200), st.integers(0, 100))
def test_no_cap_is_ever_exceeded_and_a_cap_that_stops_is_named(
    violating: int, more: int, number: int, percent: int
) -> None:
    listed = violating + more

    allowed, why = Caps(number=number, percent=percent).allow(violating, listed)

    assert allowed <= number
    assert allowed == 0 or (allowed - 1) * 100 < listed * percent
    assert (why is None) == (allowed == violating)


def test_number_and_percentage_are_named_when_they_stop() -> None:
    assert Caps(number=2, percent=100).allow(5, 10) == (2, "SweepMostRepairs=2 is reached")
    assert Caps(number=9, percent=20).allow(5, 10) == (
        2,
        "SweepMostPercent=20 (2 of 10 buckets and keys) is reached",
    )


def test_small_account_can_have_one_repair() -> None:
    assert Caps(number=100, percent=10).allow(1, 3) == (1, None)


@given(st.integers(1, 1000), st.integers(0, LONGEST_DELAY))
def test_looks_are_spread_evenly_after_the_settle_time_over_what_sqs_can_delay(
    looks: int, settle: int
) -> None:
    delays = [delay_of(index, looks, settle) for index in range(looks)]

    gaps = [later - earlier for earlier, later in itertools.pairwise(delays)]
    assert delays[0] == settle
    assert max(delays) <= LONGEST_DELAY
    assert not gaps or max(gaps) - min(gaps) <= 1
