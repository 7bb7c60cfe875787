"""The messages of one batch: side by side about different resources, in turns about the same one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import permutations

import pytest

from reseal.core.errors import AccessDeniedError, LeaseHeldError, MalformedEventError, TransientError
from tests.unit.flow.made_up import (
    A_KEY,
    AFTER_THE_LEASE,
    LABEL,
    OTHER_KEY,
    REQUIRED,
    ROTATION,
    WRONG,
    Stage,
    Text,
    a_look,
)

FIRST, SECOND, THIRD = (a_look(f"event-{second}", second=second) for second in (1, 2, 3))
OF_OTHER_KEY = a_look("mate", key=OTHER_KEY)


# --- turns -------------------------------------------------------------------------------------


@pytest.mark.parametrize("bodies", list(permutations([FIRST, SECOND, THIRD])))
def test_message_sees_what_was_written_because_of_the_one_before_it(bodies: tuple[str, ...]) -> None:
    stage = Stage()

    assert stage.deliver(*bodies) == {}
    assert stage.results == {"event-1": "Applied", "event-2": "Compliant", "event-3": "Compliant"}
    assert list(stage.results) == ["event-1", "event-2", "event-3"]
    assert len(stage.keys.writes) == len(REQUIRED)


def test_message_sees_what_somebody_did_after_the_write_because_of_the_one_before_it() -> None:
    stage = Stage()
    stage.cloud.steps.after["ledger close"].append(
        lambda: stage.keys.state[A_KEY].update({LABEL: Text("test again")})
    )

    stage.deliver(SECOND, FIRST)

    assert stage.results == {"event-1": "Applied", "event-2": "Applied"}
    assert [(entry.setting, entry.before.text) for entry in stage.cloud.ledger.entries] == [
        (ROTATION, WRONG[ROTATION]),
        (LABEL, WRONG[LABEL]),
        (LABEL, "test again"),
    ]


def test_messages_about_different_resources_take_each_step_together() -> None:
    stage = Stage()

    stage.deliver(FIRST, OF_OTHER_KEY)

    steps = stage.cloud.steps.taken
    assert steps[:3] == ["read key", "read key", "ledger open"]
    assert (steps.count("ledger open"), steps.count("ledger close")) == (1, 1)
    assert (stage.is_now(A_KEY), stage.is_now(OTHER_KEY)) == (REQUIRED, REQUIRED)


def test_batch_takes_as_many_turns_as_one_resource_has_messages_and_reports_after_the_last() -> None:
    stage = Stage()
    stage.cloud.steps.after["ledger close"].append(
        lambda: stage.keys.state[A_KEY].update({LABEL: Text("test again")})
    )

    stage.deliver(FIRST, OF_OTHER_KEY, SECOND)

    steps = stage.cloud.steps.taken
    assert steps.count("ledger open") == 2
    assert steps.index("publish") > max(n for n, step in enumerate(steps) if step == "ledger close")
    assert steps.count("publish") == 3


def test_two_duplicates_of_one_message_in_a_batch_write_once() -> None:
    stage = Stage()

    failed = stage.deliver(FIRST, FIRST)

    assert failed == {}
    assert len(stage.keys.writes) == len(REQUIRED)
    assert stage.open_entries == []


def test_message_runs_although_the_one_before_it_failed() -> None:
    stage = Stage()
    stage.keys.failures[f"read {A_KEY}"].append(TransientError("slow down"))

    failed = stage.deliver(FIRST, SECOND)

    assert list(failed) == ["m1"]
    assert stage.results == {"event-2": "Applied"}


@pytest.mark.parametrize("workers", [1, 8])
def test_threads_end_a_batch_as_one_thread_does(workers: int) -> None:
    bodies = [a_look(f"{key}-{second}", key=key, second=second) for key in ("a", "b") for second in range(3)]
    with ThreadPoolExecutor(workers) as executor:
        stage = Stage(workers=executor)
        for key in ("a", "b"):
            stage.keys.state[key] = {setting: Text(text) for setting, text in WRONG.items()}

        failed = stage.deliver(*bodies)

    assert failed == {}
    assert stage.results == {
        f"{key}-{second}": "Applied" if second == 0 else "Compliant"
        for key in ("a", "b")
        for second in range(3)
    }


# --- poison ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (f"read {OTHER_KEY}", TransientError("slow down")),
        (f"read {OTHER_KEY}", ZeroDivisionError("a bug")),
    ],
    ids=["transient", "a bug"],
)
@pytest.mark.parametrize("first", [True, False], ids=["first", "last"])
def test_message_that_fails_never_takes_its_batch_along(step: str, error: Exception, *, first: bool) -> None:
    stage = Stage()
    stage.keys.failures[step].append(error)
    bodies = [OF_OTHER_KEY, FIRST] if first else [FIRST, OF_OTHER_KEY]

    failed = stage.deliver(*bodies)

    assert failed == {"m1" if first else "m2": error}
    assert stage.results == {"event-1": "Applied"}
    assert stage.is_now() == REQUIRED


def test_message_that_is_no_trigger_never_takes_its_batch_along() -> None:
    stage = Stage()

    failed = stage.deliver("no JSON", FIRST, '{"id": 1}', OF_OTHER_KEY)

    assert {m: type(error) for m, error in failed.items()} == {"m1": MalformedEventError, "m3": KeyError}
    assert stage.results == {"mate": "Applied", "event-1": "Applied"}


@pytest.mark.parametrize(
    "error",
    [TransientError("slow down"), ZeroDivisionError("a bug")],
    ids=["transient", "a bug"],
)
def test_write_that_fails_leaves_its_entry_open_and_the_others_closed(error: Exception) -> None:
    stage = Stage()
    stage.keys.failures[f"put {LABEL}"].append(error)

    failed = stage.deliver(OF_OTHER_KEY, FIRST)

    assert failed == {"m1": error}
    assert stage.results == {"event-1": "Applied"}
    assert {entry.resource.arn("aws") for entry in stage.open_entries} == {OTHER_KEY}


def test_refused_write_of_one_is_no_failure_of_the_batch() -> None:
    stage = Stage()
    stage.keys.failures[f"put {LABEL}"].append(AccessDeniedError("AccessDenied", "kms:X", "no"))

    assert stage.deliver(OF_OTHER_KEY, FIRST) == {}
    assert stage.results == {"mate": "Failed", "event-1": "Applied"}


def test_entry_that_another_invocation_holds_sends_only_its_own_message_back() -> None:
    stage = Stage()
    stage.keys.failures[f"put {ROTATION}"].append(TransientError("slow down"))
    stage.deliver(OF_OTHER_KEY)

    failed = stage.deliver(OF_OTHER_KEY, FIRST, times=2)

    assert {m: type(error) for m, error in failed.items()} == {"m1": LeaseHeldError}
    assert stage.results == {"event-1": "Applied"}
    assert stage.is_now(OTHER_KEY) == WRONG


@pytest.mark.parametrize("method", ["open_all", "close_all"])
def test_ledger_that_does_not_answer_sends_all_messages_of_its_turn_back(method: str) -> None:
    stage, error = Stage(), TransientError("the table does not answer")
    stage.cloud.ledger.failures[method].append(error)

    failed = stage.deliver(FIRST, OF_OTHER_KEY, SECOND)

    assert failed == {"m1": error, "m2": error}
    assert (len(stage.keys.writes), stage.results) == (
        (2, {"event-2": "Applied"}) if method == "open_all" else (4, {"event-2": "Compliant"})
    )


def test_later_delivery_of_what_went_back_ends_as_the_batch_would_have() -> None:
    stage = Stage()
    stage.cloud.ledger.failures["close_all"].append(TransientError("the table does not answer"))
    stage.deliver(FIRST, OF_OTHER_KEY)
    stage.cloud.clock.time += AFTER_THE_LEASE

    assert stage.deliver(FIRST, OF_OTHER_KEY, times=2) == {}
    assert set(stage.results.values()) == {"Applied"}
    assert (len(stage.keys.writes), stage.open_entries) == (4, [])


def test_report_that_fails_sends_its_own_message_back() -> None:
    stage, error = Stage(), TransientError("SNS does not answer")
    stage.cloud.topic.failures["publish"].append(error)

    failed = stage.deliver(OF_OTHER_KEY, FIRST)

    assert failed == {"m1": error}
    assert (stage.results, stage.open_entries) == ({"event-1": "Applied"}, [])
