"""The sweep's rate: never above the ceiling, halved while AWS throttles, and back afterwards."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from reseal.core.sweep.pace import Pace


def times_of(pace: Pace, arrivals: list[float]) -> list[float]:
    """When each of these calls is made."""
    made = []
    for at in arrivals:
        pace, wait = pace.taken(at)
        made.append(at + wait)
    return made


@given(st.floats(0.5, 500), st.lists(st.floats(0, 10), min_size=2, max_size=60))
def test_no_second_has_more_calls_than_the_rate(rate: float, arrivals: list[float]) -> None:
    made = times_of(Pace.of(rate), sorted(arrivals))

    gaps = [later - earlier for earlier, later in itertools.pairwise(made)]
    assert all(gap >= 1 / rate - 1e-9 for gap in gaps)


def test_calls_that_come_together_are_made_at_the_rate_without_a_pause() -> None:
    assert times_of(Pace.of(4), [10.0] * 4) == [10.0, 10.25, 10.5, 10.75]


def test_call_after_a_pause_does_not_wait() -> None:
    assert times_of(Pace.of(4), [10.0, 20.0]) == [10.0, 20.0]


def test_throttling_halves_the_rate_once_a_second() -> None:
    pace = Pace.of(100).throttled(5.0)

    assert pace.rate == 50
    assert pace.throttled(5.9).rate == 50
    assert pace.throttled(6.0).rate == 25


def test_rate_does_not_fall_below_one_call_a_second() -> None:
    pace = Pace.of(100)
    for second in range(20):
        pace = pace.throttled(float(second))

    assert pace.rate == 1


def test_ceiling_below_one_call_a_second_stays() -> None:
    assert Pace.of(0.5).throttled(1.0).rate == 0.5


def test_answers_bring_the_rate_back_and_not_above_the_ceiling() -> None:
    pace = Pace.of(100).throttled(0.0)

    for _ in range(49):
        pace = pace.answered()
    assert 98 < pace.rate < 100
    for _ in range(10):
        pace = pace.answered()
    assert pace.rate == 100
