"""Alert windows: what is reported at once, what waits for the summary, and what comes again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reseal.core.alerts.group import MOST_GROUPS, OTHERS
from reseal.core.alerts.window import (
    LATE,
    MOST_ACTORS,
    MOST_BELOW_CRITICAL,
    MOST_MESSAGES,
    DueAlert,
    Window,
)
from reseal.core.decision import Severity
from reseal.core.findings.alerts import grouped
from reseal.core.findings.finding import Finding, Status
from reseal.core.findings.occurrences import Incident, Occurrences
from reseal.core.findings.render.json import finding_document
from tests.support.builders import an_actor, an_object_call
from tests.support.fakes.services import NOON
from tests.support.findings import a_copied_object

OPENED = Window.opened("payroll", NOON, 900)


def finding(
    number: int = 0, *, who: str = "one", severity: Severity = Severity.MEDIUM, **facts: Any
) -> Finding:
    """One of many equal findings; `number` counts objects and seconds."""
    call = an_object_call(
        key=f"{number}.csv",
        event_id=f"event-{who}-{number}",
        time=NOON + timedelta(seconds=number),
        actor=replace(an_actor(), who=who),
    )
    return replace(a_copied_object(call, reason="SSE-S3"), severity=severity, **facts)


def critical(number: int = 0, *, who: str = "one") -> Finding:
    return finding(number, who=who, severity=Severity.CRITICAL)


def count(window: Window, *findings: Finding) -> tuple[Window, tuple[DueAlert, ...]]:
    return window.counted(grouped(findings), finding_document)


def publish(window: Window, *findings: Finding) -> tuple[Window, list[Finding]]:
    """Count the findings and publish what is due."""
    counted, due = count(window, *findings)
    return counted.after(due), [one.finding for one in due]


def counts(findings: Sequence[Finding]) -> list[int]:
    return [one.occurrences.count if one.occurrences else 1 for one in findings]


def unreported(window: Window) -> dict[str, int]:
    return {group.document["severity"]: group.unreported for group in window.unreported.values()}


def test_the_first_of_equal_findings_is_reported_and_the_others_wait() -> None:
    window, first = publish(OPENED, finding(0))
    window, later = publish(window, finding(1), finding(2))

    assert (first, later) == ([finding(0)], [])
    assert unreported(window) == {"MEDIUM": 2}


def test_a_critical_group_is_reported_at_each_threshold_with_its_count_so_far() -> None:
    window, reported = OPENED, list[Finding]()
    for number in range(1001):
        window, due = publish(window, critical(number))
        reported += due

    assert counts(reported) == [1, 10, 100, 1000]
    assert reported[1].id == critical(9).id
    assert unreported(window) == {"CRITICAL": 1}


def test_a_message_at_a_threshold_has_the_first_time_and_the_latest_keys() -> None:
    window, _ = publish(OPENED, critical(0))
    _, (tenth,) = publish(window, *(critical(number) for number in range(1, 12)))

    assert tenth.occurrences is not None
    assert (tenth.occurrences.count, tenth.occurrences.first) == (12, NOON)
    assert len(tenth.occurrences.keys) == 10


def test_another_actor_is_reported_apart() -> None:
    window, _ = publish(OPENED, finding(0))

    _, reported = publish(window, finding(1, who="two"))

    assert reported == [finding(1, who="two")]


def test_messages_of_one_bucket_are_bounded_with_room_for_the_summary() -> None:
    window, reported = OPENED, list[Finding]()
    for number in range(30):
        window, due = publish(window, critical(number, who=f"actor {number}"))
        reported += due

    assert len(reported) == MOST_MESSAGES - 1
    assert sum(group.unreported for group in window.unreported.values()) == 30 - len(reported)


def test_messages_below_critical_leave_room_for_critical_ones() -> None:
    window, reported = OPENED, list[Finding]()
    for number in range(8):
        window, due = publish(window, finding(number, who=f"actor {number}"))
        reported += due
    window, more = publish(window, critical(9))

    assert len(reported) == MOST_BELOW_CRITICAL
    assert more == [critical(9)]


def test_findings_of_one_event_are_one_message() -> None:
    window = OPENED
    for number in range(MOST_BELOW_CRITICAL):
        window, reported = publish(window, finding(number), replace(finding(number), status=Status.FAILED))

    assert (window.sent, window.below) == (1, 1)
    assert reported == []


def test_the_most_severe_are_reported_first() -> None:
    full = replace(OPENED, sent=MOST_MESSAGES - 2)

    _, reported = publish(full, finding(0, who="two"), critical(1))

    assert reported == [critical(1)]


# --- deliveries that come again -------------------------------------------------------------------


def test_what_was_not_published_is_reported_again_when_it_comes_again_and_counted_once() -> None:
    window, (first,) = count(OPENED, finding(0))

    window, (again,) = count(window, finding(0))

    assert again == first
    assert (window.total, window.sent) == (1, 1)


def test_what_was_published_is_neither_reported_nor_counted_again() -> None:
    window, _ = publish(OPENED, finding(0))

    window, reported = publish(window, finding(0))

    assert (window.total, reported) == (1, [])


def test_several_that_come_again_in_part_keep_their_id_and_count() -> None:
    window, (first,) = count(OPENED, finding(0), finding(1))

    window, (again,) = count(window, finding(1), finding(2))

    assert again.finding.id == first.finding.id
    assert counts([again.finding]) == [2]
    assert window.total == 3


def test_an_incident_that_comes_again_keeps_its_incident() -> None:
    ransom = replace(
        critical(0),
        occurrences=Occurrences(
            count=1, first=NOON, last=NOON, keys=("0.csv",), incident=Incident(id="i", count=1)
        ),
    )
    window, _ = count(OPENED, ransom)

    _, (again,) = count(window, ransom)

    assert again.finding.occurrences is not None
    assert again.finding.occurrences.incident == Incident(id="i", count=1)


def test_an_alert_that_is_published_twice_is_reported_once() -> None:
    window, due = count(OPENED, finding(0))
    window, _ = count(window, finding(1))

    twice = window.after(due).after(due)

    assert unreported(twice) == {"MEDIUM": 1}


def test_an_alert_that_a_later_one_includes_does_not_lower_what_is_reported() -> None:
    window, (first,) = count(OPENED, critical(0))
    window, tenth = count(window, *(critical(number) for number in range(1, 10)))
    window, _ = count(window.after(tenth), critical(10))

    assert unreported(window.after([first])) == {"CRITICAL": 1}


def test_a_message_about_a_group_that_is_gone_changes_nothing() -> None:
    _, due = count(OPENED, finding(0))

    assert OPENED.after(due) == OPENED


# --- groups and actors ----------------------------------------------------------------------------


def test_groups_above_the_bound_are_counted_together_under_no_actor() -> None:
    window = OPENED
    for number in range(MOST_GROUPS + 5):
        window, _ = count(window, finding(number, who=f"actor {number}"))

    others = window.groups[OTHERS]
    assert len(window.groups) == MOST_GROUPS + 1
    assert (others.count, others.document["actor"], others.document["api_call"]) == (5, None, None)
    assert others.keys == ("14.csv", "13.csv", "12.csv", "11.csv", "10.csv")


def test_a_more_severe_group_takes_the_place_of_the_least_severe() -> None:
    window = OPENED
    for number in range(MOST_GROUPS):
        window, _ = count(window, finding(number, who=f"actor {number}", severity=Severity.HIGH))
    window, _ = count(window, finding(10, who="low", severity=Severity.LOW))
    window, (due,) = count(window, critical(11, who="eve"))

    assert due.finding == critical(11, who="eve")
    assert window.groups[due.group].severity is Severity.CRITICAL
    assert (window.groups[OTHERS].severity, window.groups[OTHERS].count) == (Severity.HIGH, 2)


@pytest.mark.parametrize("others", [0, 1])
def test_a_group_that_was_reported_is_given_up_first(others: int) -> None:
    window, _ = publish(OPENED, finding(0))
    for number in range(1, MOST_GROUPS + 1 + others):
        window, _ = count(window, finding(number, who=f"actor {number}"))
    reported_before, _ = publish(OPENED, finding(0))
    name = next(iter(reported_before.groups))

    assert name not in window.groups
    assert (OTHERS in window.groups) is bool(others)


def test_the_others_stay_when_a_group_that_was_reported_is_given_up() -> None:
    window = OPENED
    for number in range(MOST_GROUPS + 1):
        window, _ = count(window, finding(number, who=f"actor {number}"))
    window, _ = publish(replace(window, sent=0, below=0), critical(20, who="eve"))
    window, _ = publish(window, critical(21, who="mallory"))
    window = replace(
        window, groups={name: replace(group, reported=group.count) for name, group in window.groups.items()}
    )
    window, _ = count(window, critical(22, who="trent"))

    assert OTHERS in window.groups


def test_actors_are_counted_up_to_a_bound() -> None:
    window = OPENED
    for number in range(MOST_ACTORS + 1):
        window, _ = count(window, finding(number, who=f"actor {number}"))

    assert (len(window.actors), window.more_actors) == (MOST_ACTORS, True)


def test_an_actor_is_counted_once() -> None:
    window, _ = count(OPENED, finding(0), critical(1))

    assert (len(window.actors), window.more_actors) == (1, False)


# --- the end --------------------------------------------------------------------------------------


def test_a_window_whose_violations_were_all_reported_ends() -> None:
    window, _ = publish(OPENED, finding(0))

    ended = window.after_summary(window, NOON, 900)

    assert (ended.ended, ended.groups, ended.version) == (True, {}, window.version)


def test_what_comes_while_the_summary_is_sent_waits_in_a_new_window() -> None:
    seen, _ = publish(OPENED, finding(0))
    seen, _ = publish(seen, finding(1))
    later, _ = publish(seen, finding(2), finding(3))

    following = later.after_summary(seen, NOON + timedelta(minutes=15), 900)

    assert following.id != seen.id
    assert (following.total, following.sent, following.ended) == (2, 0, False)
    assert unreported(following) == {"MEDIUM": 2}
    assert following.closes_at == NOON + timedelta(minutes=30)
    assert publish(following, finding(4))[1] == []


def test_a_group_that_came_while_the_summary_was_sent_is_not_lost() -> None:
    seen, _ = publish(OPENED, finding(0))
    later, _ = count(seen, finding(1, who="two"))

    assert unreported(later.after_summary(seen, NOON, 900)) == {"MEDIUM": 1}


def test_a_window_is_reminded_of_again_only_when_its_reminder_is_late() -> None:
    assert OPENED.overdue_at == OPENED.closes_at + LATE
    assert OPENED.reminded(NOON).overdue_at == NOON + LATE


def test_a_window_has_another_id_than_the_one_before() -> None:
    ids = {
        Window.opened("payroll", NOON, 900).id,
        Window.opened("payroll", NOON, 900, version=1).id,
        Window.opened("payroll", NOON + timedelta(seconds=1), 900).id,
        Window.opened("another", NOON, 900).id,
    }

    assert len(ids) == 4


def test_a_window_is_read_as_it_was_stored() -> None:
    window, _ = publish(OPENED, finding(0), finding(1), critical(2, who="two"))
    window, _ = publish(window, finding(3))
    stored = replace(window, version=7)

    assert Window.from_document(stored.to_document(), 7) == stored
