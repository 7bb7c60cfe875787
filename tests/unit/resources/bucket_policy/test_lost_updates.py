"""Other writers between every two calls of Reseal's: no policy of theirs is lost unreported."""

from __future__ import annotations

import contextlib
import itertools
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from reseal.core.errors import TransientError
from reseal.core.findings.event_result import Result
from reseal.core.state.bucket_policy import BucketPolicy
from tests.support.fakes.services import Crash
from tests.unit.resources.bucket_policy.stage import Stage, of, repaired


def test_policy_set_between_read_and_write_is_critical_and_quoted() -> None:
    stage = Stage()
    stage.judges(stage.sets(of("A")))
    theirs: list[str] = []
    stage.cloud.steps.before["put policy"].append(lambda: theirs.append(stage.sets(of("B"))))
    stage.repairs()
    stage.later(60)

    stage.judges(*theirs)

    lost = stage.findings[-1]
    assert (lost["severity"], lost["status"]) == ("CRITICAL", "MANUAL")
    assert "role/B" in lost["reason"]
    assert lost["actor"]["who"].endswith("role/Payroll")
    assert stage.now == repaired(of("A"))


def test_policy_set_between_read_and_write_is_critical_though_the_writer_died() -> None:
    stage = Stage()
    stage.judges(stage.sets(of("A")))
    theirs: list[str] = []
    stage.cloud.steps.before["put policy"].append(lambda: theirs.append(stage.sets(of("B"))))
    stage.cloud.steps.before["ledger close"].append(_dies)
    with contextlib.suppress(Crash):
        stage.repairs()
    stage.later(60)

    stage.judges(*theirs)

    assert stage.reported[-1] == ("CRITICAL", "MANUAL")


def test_policy_that_is_in_effect_is_no_loss_and_nothing_is_read_for_it() -> None:
    stage = Stage()
    stage.judges(stage.sets(of("A")))
    stage.repairs()
    stage.later(60)
    del stage.cloud.steps.taken[:]

    result = stage.judges(stage.sets(of("B")))

    assert "read writes" not in stage.cloud.steps.taken
    assert result.result is Result.DETECTED


def _dies() -> None:
    raise Crash


STEPS = [
    "read policy",
    "read access",
    "read notes",
    "ledger open",
    "note write",
    "put policy",
    "ledger close",
]
POLICIES = st.lists(st.sampled_from("ABC"), max_size=2, unique=True).map(lambda sids: of(*sids))
WRITES = st.lists(
    st.tuples(
        st.sampled_from(STEPS), st.sampled_from(["before", "after"]), POLICIES | POLICIES.map(repaired)
    ),
    min_size=1,
    max_size=4,
)
FAULTS = st.none() | st.tuples(
    st.sampled_from(["put policy", "read policy", "ledger close"]), st.sampled_from(["before", "after"])
)


@settings(max_examples=60)
@given(first=POLICIES, writes=WRITES, fault=FAULTS, skew=st.floats(min_value=-1, max_value=1))
def test_no_policy_of_others_is_lost_unreported(
    first: BucketPolicy,
    writes: list[tuple[str, str, BucketPolicy]],
    fault: tuple[str, str] | None,
    skew: float,
) -> None:
    stage = Stage()
    history: list[tuple[str | None, BucketPolicy]] = []  # who wrote which policy; None is Reseal
    events: dict[str, str] = {}

    def somebody(policy: BucketPolicy) -> None:
        event = stage.sets(policy, stage.cloud.clock.now() + timedelta(seconds=skew))
        name = f"call-{stage.calls}"
        events[name] = event
        history.append((name, policy))

    stage.judges(stage.sets(first))
    stage.cloud.steps.after["put policy"].append(lambda: history.append((None, stage.now)))
    for step, when, policy in writes:
        hooks = stage.cloud.steps.before if when == "before" else stage.cloud.steps.after
        hooks[step].append(lambda policy=policy: somebody(policy))
    if fault:
        step, when = fault
        (stage.cloud.steps.before if when == "before" else stage.cloud.steps.after)[step].append(_dies)
    for times in (1, 2, 3):
        with contextlib.suppress(Crash, TransientError):
            stage.handled = 0
            stage.repairs(times=times)
        stage.cloud.steps.after["put policy"].append(lambda: history.append((None, stage.now)))
        stage.later(600)
    for hooks in (stage.cloud.steps.before, stage.cloud.steps.after):
        hooks.clear()

    for event in events.values():
        with contextlib.suppress(TransientError):
            stage.judges(event)

    reported = {one["trigger"] for one in stage.findings if one["severity"] == "CRITICAL"}
    assert lost_in(history) <= reported


def lost_in(history: list[tuple[str | None, BucketPolicy]]) -> set[str]:
    """Whose policy Reseal's write took out: it did not add its statement to that one, but to another."""
    return {
        writer
        for (writer, theirs), (next_writer, written) in itertools.pairwise(history)
        if writer is not None and next_writer is None and not written.equals(repaired(theirs))
    }
