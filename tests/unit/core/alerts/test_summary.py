"""The summary at the end of an alert window."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from reseal.core.alerts.group import MOST_GROUPS
from reseal.core.alerts.summary import summary_of
from reseal.core.alerts.window import MOST_ACTORS, Window
from reseal.core.decision import Severity
from reseal.core.findings.message import Message
from reseal.core.findings.occurrences import Incident, Occurrences
from tests.support.fakes.services import NOON
from tests.unit.core.alerts.test_window import OPENED, count, critical, finding, publish

VALIDATOR = Draft202012Validator(
    json.loads(Path("docs/finding.schema.json").read_text()),
    format_checker=Draft202012Validator.FORMAT_CHECKER,
)


def summarised(window: Window) -> Message:
    message = summary_of(window)
    assert message is not None
    return message


def findings(message: Message) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(message.document)["findings"]
    return found


def with_incident(number: int, unblocked: str | None) -> Any:
    incident = Incident(id="i", count=number + 1, unblocked=unblocked)
    occurrences = Occurrences(count=1, first=NOON, last=NOON, keys=(f"{number}.csv",), incident=incident)
    return replace(critical(number), occurrences=occurrences)


def test_a_window_that_reported_all_has_no_summary() -> None:
    window, _ = publish(OPENED, finding(0))

    assert summary_of(window) is None


def test_a_summary_counts_what_no_message_reported() -> None:
    window, _ = publish(OPENED, finding(0))
    window, _ = publish(window, finding(1), finding(2))

    message = summarised(window)

    (found,) = findings(message)
    assert found["occurrences"] == {
        "count": 2,
        "first": finding(1).call.time.isoformat(),
        "last": finding(2).call.time.isoformat(),
        "keys": ["1.csv", "2.csv"],
        "incident": None,
    }
    assert found["actor"]["who"] == "one"
    assert message.subject == "Reseal MEDIUM: 2 more violations in 'payroll'"
    assert message.email.startswith(
        "2 more violations in 'payroll', which no message reported before. "
        "In this window there were 3 by 1 actor. "
    )
    assert json.loads(message.document)["summary"] == {
        "window": window.id,
        "violations": 3,
        "unreported": 2,
        "actors": {"count": 1, "more": False},
    }
    VALIDATOR.validate(json.loads(message.document))


def test_a_critical_group_has_its_count_so_far() -> None:
    window, _ = publish(OPENED, critical(0))
    window, _ = publish(window, critical(1))

    (found,) = findings(summarised(window))

    assert (found["occurrences"]["count"], found["occurrences"]["first"]) == (2, NOON.isoformat())


def test_the_most_severe_is_first_and_named() -> None:
    window, _ = count(OPENED, finding(0), finding(1, who="two"), critical(2, who="eve"))

    message = summarised(window)

    assert [one["severity"] for one in findings(message)] == ["CRITICAL", "MEDIUM", "MEDIUM"]
    assert message.attributes["severity"] == "CRITICAL"
    assert message.subject.startswith("Reseal CRITICAL: 3 more violations")
    assert "The most severe of those that follow is CRITICAL." in message.email
    assert "  Who            'eve'\n" in message.email


def test_many_actors_are_more_than_a_number() -> None:
    window = OPENED
    for number in range(MOST_ACTORS + 1):
        window, _ = count(window, finding(number, who=f"actor {number}"))

    message = summarised(window)

    assert f"by more than {MOST_ACTORS} actors" in message.email
    assert json.loads(message.document)["summary"]["actors"] == {"count": MOST_ACTORS, "more": True}


def test_what_is_not_reported_apart_is_of_no_actor() -> None:
    window = OPENED
    for number in range(MOST_GROUPS + 2):
        window, _ = count(window, finding(number, who=f"actor {number}"))

    message = summarised(window)

    *_, others = findings(message)
    assert (others["actor"], others["occurrences"]["count"]) == (None, 2)
    assert others["reason"].startswith("2 violations that are not kept apart; the most severe of them: ")
    assert "  Who            not one caller, or not known\n" in message.email
    VALIDATOR.validate(json.loads(message.document))


def test_a_message_that_may_not_have_come_through_keeps_its_id() -> None:
    window, (due,) = count(OPENED, finding(0))

    (found,) = findings(summarised(window))

    assert found["id"] == due.finding.id == finding(0).id


def test_another_count_is_another_id() -> None:
    window, _ = publish(OPENED, finding(0))
    one, _ = publish(window, finding(1))
    two, _ = publish(one, finding(2))

    ids = {findings(summarised(each))[0]["id"] for each in (one, one, two)}

    assert len(ids) == 2


def test_a_summary_of_an_unblocked_incident_is_marked_and_has_the_latest_count() -> None:
    window, _ = publish(OPENED, with_incident(0, "eve"))
    window, _ = publish(window, with_incident(1, "eve"))

    message = summarised(window)

    assert message.subject.startswith("Reseal INCIDENT CRITICAL: 1 more violation in 'payroll'")
    incident = findings(message)[0]["occurrences"]["incident"]
    assert (incident["id"], incident["count"], incident["unblocked"]) == ("i", 2, "eve")


def test_an_incident_where_nobody_made_way_is_not_marked() -> None:
    window, _ = count(OPENED, with_incident(0, None))

    assert "INCIDENT" not in summarised(window).subject


def test_a_severity_below_critical_needs_no_key() -> None:
    look = replace(finding(0, severity=Severity.LOW), recommendation=None)
    window, _ = count(OPENED, look)

    assert "Recommendation" not in summarised(window).email


def test_a_summary_that_sns_would_not_take_tells_less_apart() -> None:
    window = OPENED
    for number in range(MOST_GROUPS + 1):
        long = replace(finding(number, who=f"actor {number}"), required="x" * 60_000)
        window, _ = count(window, long)

    message = summarised(window)

    assert message.fits
    assert len(findings(message)) < MOST_GROUPS
    assert sum(one["occurrences"]["count"] for one in findings(message)) == MOST_GROUPS + 1
    assert findings(message)[-1]["actor"] is None


def test_two_groups_that_sns_would_not_take_together_are_one() -> None:
    window = OPENED
    for number in range(2):
        window, _ = count(window, replace(finding(number, who=f"actor {number}"), required="x" * 200_000))

    (found,) = findings(summarised(window))

    assert (found["actor"], found["occurrences"]["count"]) == (None, 2)
