"""The six steps for one message, on a made-up kind of resource with two settings."""

from __future__ import annotations

import pytest

from reseal.core.checks.catalogue import CHECK_BY_ID
from reseal.core.errors import AccessDeniedError, MalformedEventError, NotFoundError, TransientError
from reseal.core.outcome import Applied, Failed
from reseal.core.policy.requirements import Mode
from tests.support.builders import a_policy
from tests.support.fakes.services import NOON
from tests.unit.flow.made_up import (
    A_KEY,
    CHECK_OF,
    ENFORCING,
    LABEL,
    OFF,
    REQUIRED,
    ROTATION,
    WRONG,
    Stage,
    Text,
    a_look,
)

REPAIR = [
    "read key",
    "ledger open",
    f"put {ROTATION}",
    "read key",
    f"put {LABEL}",
    "read key",
    "ledger close",
    "publish",
    "telemetry",
]
"""The steps of one event that leads to two writes, in order."""


def denied(action: str = "kms:UpdateKeyDescription") -> AccessDeniedError:
    return AccessDeniedError("AccessDenied", action, "no")


def test_two_settings_are_recorded_written_verified_closed_and_reported_in_this_order() -> None:
    stage = Stage()

    assert stage.deliver(a_look()) == {}
    assert stage.cloud.steps.taken == REPAIR
    assert stage.is_now() == REQUIRED
    assert stage.results == {"event-1": "Applied"}


def test_two_settings_of_one_resource_are_two_entries_and_two_writes() -> None:
    stage = Stage()

    stage.deliver(a_look())

    name = A_KEY.rpartition("/")[2]
    assert [
        (entry.entry_id, entry.before, entry.intended, entry.checks, entry.outcome)
        for entry in stage.cloud.ledger.entries
    ] == [
        (
            f"{name}#event-1#{setting}",
            Text(WRONG[setting]),
            Text(REQUIRED[setting]),
            (CHECK_OF[setting],),
            Applied(after=Text(REQUIRED[setting]), at=NOON),
        )
        for setting in (ROTATION, LABEL)
    ]
    assert stage.keys.writes == [(A_KEY, setting, REQUIRED[setting]) for setting in (ROTATION, LABEL)]


@pytest.mark.parametrize("setting", [ROTATION, LABEL])
def test_each_write_has_its_open_entry(setting: str) -> None:
    stage = Stage()
    opened: list[str] = []
    stage.cloud.steps.before[f"put {setting}"].append(
        lambda: opened.extend(entry.setting for entry in stage.open_entries)
    )

    stage.deliver(a_look())

    assert setting in opened


def test_findings_of_two_settings_show_the_state_the_call_and_the_entry_of_each() -> None:
    stage = Stage()

    stage.deliver(a_look())

    (message,) = stage.cloud.topic.messages
    assert message.attributes["check"] == [CHECK_OF[ROTATION], CHECK_OF[LABEL]]
    found = {
        f["check"]: (f["status"], f["before"], f["after"], f["action"], f["ledger_entry"])
        for f in stage.cloud.topic.findings
    }
    assert found == {
        CHECK_OF[entry.setting]: (
            "REMEDIATED",
            {"text": WRONG[entry.setting]},
            {"text": REQUIRED[entry.setting]},
            entry.setting,
            entry.entry_id,
        )
        for entry in stage.cloud.ledger.entries
    }


def test_finding_of_a_setting_that_is_only_detected_shows_the_state_of_that_setting() -> None:
    modes = {CHECK_OF[ROTATION]: Mode.ENFORCE, CHECK_OF[LABEL]: Mode.DETECT}
    stage = Stage(policy=a_policy(check_modes=modes))

    stage.deliver(a_look())

    found = {f["check"]: (f["status"], f["before"]["text"]) for f in stage.cloud.topic.findings}
    assert found == {CHECK_OF[ROTATION]: ("REMEDIATED", "never"), CHECK_OF[LABEL]: ("DETECTED", "test")}
    assert stage.is_now() == {ROTATION: "yearly", LABEL: "test"}
    assert [entry.setting for entry in stage.cloud.ledger.entries] == [ROTATION]


@pytest.mark.parametrize(("refused", "applied"), [(ROTATION, LABEL), (LABEL, ROTATION)])
def test_one_refused_write_leaves_the_other_applied(refused: str, applied: str) -> None:
    stage = Stage()
    stage.keys.failures[f"put {refused}"].append(denied(f"kms:{refused}"))

    failed = stage.deliver(a_look())

    outcomes = {entry.setting: type(entry.outcome) for entry in stage.cloud.ledger.entries}
    assert failed == {}
    assert outcomes == {refused: Failed, applied: Applied}
    assert stage.statuses == {CHECK_OF[refused]: "FAILED", CHECK_OF[applied]: "REMEDIATED"}
    assert stage.is_now() == {refused: WRONG[refused], applied: REQUIRED[applied]}
    assert stage.results == {"event-1": "Failed"}


def test_compliant_resource_costs_one_read_and_no_look_into_the_ledger() -> None:
    stage = Stage()
    stage.keys.state[A_KEY] = {setting: Text(text) for setting, text in REQUIRED.items()}

    stage.deliver(a_look())

    assert stage.cloud.steps.taken == ["read key", "telemetry"]
    assert stage.results == {"event-1": "Compliant"}


def test_one_wrong_setting_is_one_entry_and_one_write() -> None:
    stage = Stage()
    stage.keys.state[A_KEY][ROTATION] = Text(REQUIRED[ROTATION])

    stage.deliver(a_look())

    assert [entry.setting for entry in stage.cloud.ledger.entries] == [LABEL]
    assert stage.keys.writes == [(A_KEY, LABEL, REQUIRED[LABEL])]


@pytest.mark.parametrize(
    ("body", "policy", "result"),
    [
        (a_look("superseded"), ENFORCING, "Skipped"),
        (a_look("elsewhere"), ENFORCING, "Skipped"),
        (a_look(), OFF, "Exempt"),
    ],
    ids=["replaced by another message", "of another account", "check is off"],
)
def test_what_this_stack_does_not_judge_is_not_read(body: str, policy: object, result: str) -> None:
    stage = Stage(policy=policy)  # type: ignore[arg-type]

    failed = stage.deliver(body, times=2)

    assert (failed, list(stage.results.values())) == ({}, [result])
    assert "read key" not in stage.cloud.steps.taken
    assert stage.keys.writes == []


def test_message_that_is_no_trigger_is_done() -> None:
    stage = Stage()

    assert stage.deliver("nothing to do") == {}
    assert stage.cloud.steps.taken == []


@pytest.mark.parametrize(
    ("refusal", "result", "statuses"),
    [
        (NotFoundError("NotFound", "kms:DescribeKey", "gone"), "Skipped", {}),
        (denied("kms:DescribeKey"), "Failed", {CHECK_OF[ROTATION]: "FAILED"}),
    ],
    ids=["gone", "denied"],
)
def test_resource_that_cannot_be_read_is_not_written(
    refusal: Exception, result: str, statuses: dict[str, str]
) -> None:
    stage = Stage()
    stage.keys.failures[f"read {A_KEY}"].append(refusal)

    failed = stage.deliver(a_look())

    assert (failed, stage.results, stage.statuses) == ({}, {"event-1": result}, statuses)
    assert (stage.keys.writes, stage.cloud.ledger.entries) == ([], [])


@pytest.mark.parametrize(
    ("step", "error"),
    [(f"read {A_KEY}", TransientError("slow down")), (f"put {ROTATION}", ZeroDivisionError("a bug"))],
    ids=["no answer to the read", "an unforeseen error in the write"],
)
def test_error_of_a_step_sends_the_message_back_and_reports_nothing(step: str, error: Exception) -> None:
    stage = Stage()
    stage.keys.failures[step].append(error)

    assert stage.deliver(a_look()) == {"m1": error}
    assert (stage.cloud.topic.messages, stage.recorded) == ([], [])


def test_message_that_cannot_be_read_goes_back() -> None:
    failed = Stage().deliver("no JSON")

    assert {m: type(error) for m, error in failed.items()} == {"m1": MalformedEventError}


# --- undo --------------------------------------------------------------------------------------


def test_undone_repairs_go_through_the_same_steps_and_restore_what_was_before() -> None:
    stage = Stage()
    stage.deliver(a_look("repair"))
    repaired = len(stage.cloud.steps.taken)

    assert stage.undo(a_look("undo", second=1)) == {}
    assert stage.cloud.steps.taken[repaired:] == [step for step in REPAIR if step != "publish"]
    assert stage.is_now() == WRONG
    assert stage.results == {"repair": "Applied", "undo": "Applied"}


def test_undone_repairs_have_entries_of_their_own_and_leave_those_of_the_repairs() -> None:
    stage = Stage()
    stage.deliver(a_look("repair"))
    before = stage.cloud.ledger.entries

    stage.undo(a_look("undo", second=1))

    *repairs, rotation, label = stage.cloud.ledger.entries
    assert repairs == before
    for repair, undone in zip(repairs, (rotation, label), strict=True):
        assert (undone.setting, undone.before, undone.intended) == (
            repair.setting,
            repair.intended,
            repair.before,
        )
        assert undone.outcome == Applied(after=repair.before, at=NOON)


def test_made_up_checks_are_registered_only_here() -> None:
    assert set(CHECK_OF.values()) <= set(CHECK_BY_ID)
