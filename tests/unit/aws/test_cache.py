"""Answers that are kept for a while: how long, which, and for how many threads at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from reseal.aws.cache import TtlCache
from tests.support.fakes.services import FakeClock


class Asked:
    """Answers with the number of times it was asked, slowly if asked to."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.times = 0
        self._seconds = seconds

    def __call__(self) -> int:
        self.times += 1
        time.sleep(self._seconds)
        return self.times


def test_answer_is_kept_until_its_time_is_over() -> None:
    clock, asked = FakeClock(), Asked()
    answers: TtlCache[int] = TtlCache(clock, 60)

    first = answers.get("payroll", asked)
    clock.sleep(59)
    second = answers.get("payroll", asked)
    clock.sleep(2)

    assert (first, second, answers.get("payroll", asked)) == (1, 1, 2)


def test_answers_are_kept_by_name() -> None:
    asked = Asked()
    answers: TtlCache[int] = TtlCache(FakeClock(), 60)

    assert [answers.get(name, asked) for name in ("payroll", "ledger", "payroll")] == [1, 2, 1]


def test_fresh_answer_replaces_the_one_that_was_kept() -> None:
    asked = Asked()
    answers: TtlCache[int] = TtlCache(FakeClock(), 60)

    answers.get("payroll", asked)

    assert [answers.get("payroll", asked, max_age=0), answers.get("payroll", asked)] == [2, 2]


def test_answer_that_does_not_last_is_asked_for_again() -> None:
    asked = Asked()
    answers: TtlCache[int] = TtlCache(FakeClock(), 60)

    assert [answers.get("payroll", asked, lasts=lambda _: False) for _ in range(2)] == [1, 2]


def test_failure_is_not_kept() -> None:
    answers: TtlCache[int] = TtlCache(FakeClock(), 60)
    with pytest.raises(ZeroDivisionError):
        answers.get("payroll", lambda: 1 // 0)

    assert answers.get("payroll", Asked()) == 1


def test_many_threads_that_want_one_answer_ask_once() -> None:
    asked = Asked(seconds=0.05)
    answers: TtlCache[int] = TtlCache(FakeClock(), 60)

    with ThreadPoolExecutor(max_workers=16) as workers:
        got = list(workers.map(lambda _: answers.get("payroll", asked), range(50)))

    assert (set(got), asked.times) == ({1}, 1)


def test_threads_that_want_different_answers_lose_none() -> None:
    answers: TtlCache[str] = TtlCache(FakeClock(), 60)
    names = [f"bucket-{number}" for number in range(1500)]

    with ThreadPoolExecutor(max_workers=16) as workers:
        got = list(workers.map(lambda name: answers.get(name, lambda: name), names))

    assert got == names
