"""A slow object goes back to the queue in time, and leaves the others of its batch the time they need."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from reseal.core.errors import TransientError
from reseal.runtime.deadline import Deadline
from tests.support.builders import BUCKET
from tests.unit.resources.object.stage import FOR_ONE, TO_END, Stage, an_event

ATTEMPT, ATTEMPTS = 8.0, 4


@dataclass(slots=True)
class Invocation:
    """An invocation with `left` seconds: a slow call makes all its attempts, or those that have time."""

    left: float
    stage: Stage = field(default_factory=Stage)

    def is_slow(self, step: str, *, after: int = 0, times: int = 10) -> None:
        """So many calls of this step are slow, after the first ones."""
        self.stage.cloud.cloud.steps.before[step] += [lambda: None] * after + [self._slow_call] * times

    def _slow_call(self) -> None:
        for _ in range(ATTEMPTS):
            self.stage.deadline.check(ATTEMPT)
            self.left -= ATTEMPT

    def deliver(self, *keys: str) -> dict[str, Exception]:
        for key in keys:
            self.stage.cloud.objects.put(BUCKET, key)
        events = (an_event(key, number) for number, key in enumerate(keys))
        return self.stage.deliver(*events, seconds_left=lambda: self.left)


@pytest.mark.parametrize("left", [36.0, 44.0, 51.9])
def test_slow_read_goes_back_and_leaves_the_others_time_for_their_repairs(left: float) -> None:
    invocation = Invocation(left)
    invocation.is_slow("read", after=1, times=1)

    failed = invocation.deliver("quick.csv", "slow.csv")

    assert {m: type(error) for m, error in failed.items()} == {"m2": TransientError}
    assert invocation.left >= FOR_ONE + TO_END
    assert invocation.stage.results == ["Applied"]
    assert [key for _, key, _ in invocation.stage.cloud.objects.writes] == ["quick.csv"]


def test_slow_read_that_ends_in_time_is_no_failure() -> None:
    invocation = Invocation(52.0)
    invocation.is_slow("read", after=1, times=1)

    assert invocation.deliver("quick.csv", "slow.csv") == {}
    assert invocation.stage.results == ["Applied", "Applied"]


def test_slow_copy_goes_back_and_leaves_the_others_time_to_be_closed_and_reported() -> None:
    invocation = Invocation(36.0)
    invocation.is_slow("copy", after=1)

    failed = invocation.deliver("quick.csv", "slow.csv")

    assert {m: type(error) for m, error in failed.items()} == {"m2": TransientError}
    assert TO_END <= invocation.left < TO_END + ATTEMPT
    assert invocation.stage.results == ["Applied"]
    assert len(invocation.stage.findings) == 1


@pytest.mark.parametrize("step", ["read", "ledger open", "copy", "ledger close", "publish"])
def test_invocation_never_ends_before_its_answer(step: str) -> None:
    invocation = Invocation(31.9)
    invocation.is_slow(step)

    failed = invocation.deliver("a.csv", "b.csv", "c.csv")

    assert failed
    assert invocation.left >= 0


def test_next_delivery_finishes_what_there_was_no_time_for() -> None:
    invocation = Invocation(36.0)
    invocation.is_slow("copy")
    invocation.deliver("a.csv")
    invocation.left = 300.0
    invocation.stage.cloud.cloud.steps.before["copy"].clear()
    invocation.stage.cloud.cloud.clock.sleep(1802)

    failed = invocation.stage.deliver(an_event("a.csv", 0), times=2, seconds_left=lambda: invocation.left)

    assert (failed, invocation.stage.results) == ({}, ["Applied"])
