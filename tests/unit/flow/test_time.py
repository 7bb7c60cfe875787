"""A slow resource goes back to the queue in time, and leaves the others of its batch the time they need."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from reseal.core.errors import TransientError
from tests.unit.flow.made_up import (
    A_KEY,
    AFTER_THE_LEASE,
    LABEL,
    OTHER_KEY,
    REQUIRED,
    ROTATION,
    WRONG,
    Stage,
    a_look,
)

ATTEMPT, ATTEMPTS, TO_RECORD, FOR_ONE, TO_END = 8.0, 4, 8.0, 16.0, 16.0
QUICK, SLOW = a_look("quick"), a_look("slow", key=OTHER_KEY, second=1)


@dataclass(kw_only=True)
class Invocation:
    """An invocation with `left` seconds, whose every call to AWS obeys the deadline, as the clients' do.

    A slow call makes all its attempts, or those that have time.
    """

    left: float
    stage: Stage = field(
        default_factory=lambda: Stage(
            seconds_to_record=TO_RECORD, seconds_for_one=FOR_ONE, seconds_to_end=TO_END
        )
    )

    def is_slow(self, step: str, *, after: int = 0, times: int = 10) -> None:
        """So many calls of this step are slow, after the first ones."""
        self.stage.cloud.steps.before[step] += [lambda: None] * after + [self._slow_call] * times

    def __post_init__(self) -> None:
        self.stage.cloud.steps.always = self._one_attempt

    def _one_attempt(self, step: str) -> None:
        if step != "telemetry":
            self.stage.deadline.check(ATTEMPT)

    def _slow_call(self) -> None:
        for _ in range(ATTEMPTS):
            self.stage.deadline.check(ATTEMPT)
            self.left -= ATTEMPT

    def deliver(self, *bodies: str, times: int = 1) -> dict[str, type]:
        self.stage.deadline.begin(lambda: self.left)
        failed = self.stage.deliver(*bodies, times=times)
        return {message: type(error) for message, error in failed.items()}


@pytest.mark.parametrize("left", [48.0, 56.0, 71.9])
def test_slow_resource_goes_back_in_time_and_leaves_its_mates_done(left: float) -> None:
    invocation = Invocation(left=left)
    invocation.is_slow("read key", after=1, times=1)

    assert invocation.deliver(QUICK, SLOW) == {"m2": TransientError}
    assert invocation.left >= FOR_ONE + TO_END
    assert invocation.stage.results == {"quick": "Applied"}
    assert invocation.stage.is_now(OTHER_KEY) == WRONG


def test_slow_read_that_ends_in_time_is_no_failure() -> None:
    invocation = Invocation(left=72.0)
    invocation.is_slow("read key", after=1, times=1)

    assert invocation.deliver(QUICK, SLOW) == {}
    assert invocation.stage.results == {"quick": "Applied", "slow": "Applied"}


def test_what_there_is_no_time_for_goes_back_untouched() -> None:
    invocation = Invocation(left=TO_RECORD + FOR_ONE + TO_END + ATTEMPT - 0.1)

    assert invocation.deliver(QUICK, SLOW) == {"m1": TransientError, "m2": TransientError}
    assert (invocation.stage.keys.writes, invocation.stage.cloud.ledger.entries) == ([], [])
    assert invocation.stage.is_now() == WRONG


def test_later_turns_that_there_is_no_time_for_go_back_untouched_and_leave_the_first_done() -> None:
    invocation = Invocation(left=64.0)
    invocation.is_slow("read key", after=1, times=1)  # that after the first turn's write
    invocation.stage.cloud.steps.after["ledger close"].append(
        lambda: invocation.stage.keys.state[A_KEY].update(dict(invocation.stage.keys.state[OTHER_KEY]))
    )

    failed = invocation.deliver(a_look("first"), a_look("second", second=1))

    assert failed == {"m2": TransientError}
    assert invocation.stage.results == {"first": "Applied"}
    assert {entry.entry_id.split("#")[1] for entry in invocation.stage.cloud.ledger.entries} == {"first"}


def test_slow_write_goes_back_and_leaves_the_others_time_to_be_closed_and_reported() -> None:
    invocation = Invocation(left=48.0)
    invocation.is_slow(f"put {LABEL}", after=1)

    assert invocation.deliver(QUICK, SLOW) == {"m2": TransientError}
    assert TO_END <= invocation.left < TO_END + ATTEMPT
    assert invocation.stage.results == {"quick": "Applied"}
    assert invocation.stage.is_now() == REQUIRED


@pytest.mark.parametrize(
    "step", ["read key", "ledger open", f"put {ROTATION}", f"put {LABEL}", "ledger close", "publish"]
)
def test_invocation_never_ends_before_its_answer(step: str) -> None:
    invocation = Invocation(left=FOR_ONE + TO_END + 31.9)
    invocation.is_slow(step)

    assert invocation.deliver(QUICK, SLOW, a_look("again", second=2))
    assert invocation.left >= 0


def test_next_delivery_finishes_what_there_was_no_time_for() -> None:
    invocation = Invocation(left=44.0)
    invocation.is_slow(f"put {LABEL}")
    assert invocation.deliver(QUICK) == {"m1": TransientError}
    invocation.left = 300.0
    invocation.stage.cloud.steps.before[f"put {LABEL}"].clear()
    invocation.stage.cloud.clock.time += AFTER_THE_LEASE

    assert invocation.deliver(QUICK, times=2) == {}
    assert invocation.stage.results == {"quick": "Applied"}
    assert len(invocation.stage.keys.writes) == len(REQUIRED)
