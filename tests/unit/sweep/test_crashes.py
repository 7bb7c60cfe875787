"""A sweep that dies at any step, and again, loses no row, doubles none, and ends."""

from __future__ import annotations

import itertools

import pytest

from reseal.core.errors import TransientError
from reseal.core.sweep.caps import Caps
from reseal.core.sweep.progress import Stage
from tests.support.builders import SSE_KMS, STRANGER_KEY, encryption
from tests.support.fakes.services import Crash
from tests.unit.sweep.stage import LEASE, RIGHT, START, WRONG, Account

STRANGERS = encryption(SSE_KMS, STRANGER_KEY, bucket_key=True)
BUCKETS = {"a": RIGHT, "b": WRONG, "c": STRANGERS, "d": RIGHT, "e": WRONG, "f": RIGHT}


def an_account(seconds: float = 300.0) -> Account:
    account = Account.holding(BUCKETS, repairs=Caps(number=5, percent=100), page_size=2, seconds=seconds)
    account.cloud.steps.always = lambda _: account.cloud.clock.sleep(2)
    return account


def steps_of_a_sweep() -> int:
    return len(an_account().start().cloud.steps.taken)


def the_same_as_undisturbed(account: Account) -> None:
    undisturbed = an_account().start()
    assert account.progress.stage is Stage.DONE
    assert [one.name for one in account.rows.buckets] == list(BUCKETS)
    assert account.rows.counts == undisturbed.rows.counts
    assert account.progress.listed == len(BUCKETS)
    assert account.progress.critical == 1
    assert len(account.lines()) == len(undisturbed.lines())
    assert set(account.looked_at) == {"b", "e"}
    assert {one["id"] for one in account.single} == {one["id"] for one in undisturbed.single}
    assert {one["sweep"] for one in account.summaries} == {"s1"}


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("step", range(steps_of_a_sweep()))
def test_death_at_any_call_loses_and_doubles_nothing(step: int, side: str) -> None:
    account = an_account()
    setattr(account.cloud.steps, f"dies_{side}", step)

    account.start()

    the_same_as_undisturbed(account)


@pytest.mark.parametrize("first", range(0, steps_of_a_sweep(), 7))
def test_two_deaths_lose_and_double_nothing(first: int) -> None:
    account = an_account()
    account.cloud.steps.dies_before, account.cloud.steps.dies_after = first, first + 9

    account.start()

    the_same_as_undisturbed(account)


@pytest.mark.parametrize("step", range(0, steps_of_a_sweep(), 3))
def test_death_in_a_sweep_of_many_hops_loses_and_doubles_nothing(step: int) -> None:
    account = an_account(seconds=130)
    account.cloud.steps.dies_before = step

    account.start()

    the_same_as_undisturbed(account)


def test_sweep_that_another_invocation_holds_is_left_to_it() -> None:
    account = an_account()
    account.cloud.steps.dies_before = 5
    with pytest.raises(Crash):
        account.invoke(START, "s1")

    with pytest.raises(TransientError):
        account.invoke(START, "s1")

    account.cloud.clock.time += LEASE
    assert account.invoke(START, "s1").progress is not None


@pytest.mark.parametrize(
    ("fake", "method"),
    [
        ("listing", "page"),
        ("state", "claim"),
        ("state", "save"),
        ("own_queue", "send"),
        ("bucket_looks", "send"),
        ("reports", "write"),
    ],
)
def test_outage_of_any_service_ends_and_the_sweep_with_it(fake: str, method: str) -> None:
    account = an_account(seconds=130)
    getattr(account.sweep, fake).failures[method] += [TransientError("unavailable")] * 2

    account.start()

    the_same_as_undisturbed(account)


def test_every_message_is_delivered_twice_and_nothing_is_doubled() -> None:
    account = an_account(seconds=130)
    account.messages = [(START, "s1"), (START, "s1")]
    for _ in itertools.repeat(None, 50):
        account.messages += [(body, "own") for body, _ in account.sweep.own_queue.sent for _ in range(2)]
        account.sweep.own_queue.sent.clear()
        if not account.messages:
            break
        account.invoke(*account.messages.pop(0))

    the_same_as_undisturbed(account)
    assert len(account.summaries) == 1
