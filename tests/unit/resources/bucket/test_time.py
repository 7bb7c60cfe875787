"""A slow bucket goes back to the queue in time, and leaves the others of its batch the time they need."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from reseal.core.errors import TransientError
from reseal.flow.delivery import Delivery
from reseal.runtime.deadline import Deadline, longest_attempt
from reseal.runtime.wiring.clients import CALLS, SECONDS_FOR_ONE, SECONDS_TO_END, SECONDS_TO_RECORD
from tests.support.builders import a_body, a_policy
from tests.support.fakes.flows import bucket_flow
from tests.support.fakes.services import FakeCloud
from tests.unit.resources.bucket.stage import KEYS, LOWERED, REPAIR, REPAIRED
from tests.unit.resources.bucket.test_redelivery import FUNCTION_TIMEOUT

ATTEMPT = longest_attempt(CALLS)
BEFORE_THE_READS = SECONDS_TO_RECORD + SECONDS_FOR_ONE + SECONDS_TO_END
MATES = ("first", "second", "slow")


@dataclass
class Invocation:
    """A batch about `MATES` in an invocation with `left` seconds; every call to AWS obeys the deadline."""

    left: float = FUNCTION_TIMEOUT
    attempts: int = 4

    def __post_init__(self) -> None:
        self.deadline = Deadline()
        self.cloud = FakeCloud.holding(dict.fromkeys(MATES, LOWERED), KEYS)
        self.cloud.steps.always = self._one_attempt

    def is_slow(self, step: str, number: int, times: int = 1) -> None:
        """From this call of the step on, so many make all their attempts, or those that have time."""
        self.cloud.steps.before[step] += [lambda: None] * (number - 1) + [self._slow_call] * times

    def deliver(self) -> dict[str, type]:
        """The messages that go back, and the type of their error."""
        self.deadline.begin(lambda: self.left)
        deliveries = {}
        for bucket in MATES:
            body = a_body(eventID=bucket, requestParameters={"bucketName": bucket}, resources=None)
            deliveries[bucket] = Delivery(body=body, receive_count=1, invocation=f"1/{bucket}")
        failed = bucket_flow(a_policy(), self.cloud.services, self.deadline).run(deliveries)
        return {message: type(error) for message, error in failed.items()}

    @property
    def repaired(self) -> list[str]:
        return [bucket for bucket, found in self.cloud.buckets.state.items() if found == REPAIRED]

    def _one_attempt(self, step: str) -> None:
        if step != "telemetry":
            self.deadline.check(ATTEMPT)

    def _slow_call(self) -> None:
        for _ in range(self.attempts):
            self.deadline.check(ATTEMPT)
            self.left -= ATTEMPT


@pytest.mark.parametrize("step", ["read bucket", "describe key", "read access", "read key policy"])
def test_slow_bucket_goes_back_in_time_and_leaves_its_mates_done(step: str) -> None:
    invocation = Invocation(left=BEFORE_THE_READS + 3 * ATTEMPT)
    invocation.is_slow(step, 3)

    assert invocation.deliver() == {"slow": TransientError}
    assert invocation.repaired == ["first", "second"]
    assert len(invocation.cloud.topic.messages) == 2
    assert invocation.left > 0


@pytest.mark.parametrize("step", ["read bucket", "describe key", "read access", "read key policy"])
def test_bucket_one_of_whose_reads_times_out_twice_is_repaired_with_its_mates(step: str) -> None:
    invocation = Invocation(attempts=3)
    invocation.is_slow(step, 3)

    assert invocation.deliver() == {}
    assert invocation.repaired == list(MATES)


def test_slow_write_goes_back_in_time_and_leaves_its_mates_done_and_reported() -> None:
    invocation = Invocation(left=BEFORE_THE_READS + ATTEMPT)
    invocation.is_slow("read bucket", 8)  # the last look before the third write
    invocation.is_slow("put bucket", 3)

    assert invocation.deliver() == {"slow": TransientError}
    assert invocation.repaired == ["first", "second"]
    assert len(invocation.cloud.topic.messages) == 2
    assert invocation.left > 0


def test_what_there_is_no_time_for_goes_back_untouched() -> None:
    invocation = Invocation(left=BEFORE_THE_READS + ATTEMPT - 0.1)

    assert invocation.deliver() == dict.fromkeys(MATES, TransientError)
    assert (invocation.cloud.steps.taken.count("ledger open"), invocation.repaired) == (0, [])


@pytest.mark.parametrize("step", sorted(set(REPAIR) - {"telemetry"}))
def test_invocation_never_ends_before_its_answer(step: str) -> None:
    invocation = Invocation()
    invocation.is_slow(step, 1, times=20)

    invocation.deliver()

    assert invocation.left >= 0
