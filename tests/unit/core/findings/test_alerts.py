"""Step 6: which findings are equal, one finding for equal ones, and incidents."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reseal.core.checks.catalogue import CHECK_BY_ID
from reseal.core.decision import Severity
from reseal.core.findings.alerts import Unblocked, group_of, grouped, representative
from reseal.core.findings.finding import Finding, Status
from reseal.core.findings.incident import Way, as_incident, incident_scope, is_ransom_sign
from reseal.core.findings.occurrences import Incident, Occurrences
from reseal.core.findings.render.message import message_of
from reseal.core.state.object_encryption import CUSTOMER_KEY
from tests.support.builders import (
    an_actor,
    an_object_call,
    encryption,
)
from tests.support.fakes.services import NOON
from tests.support.findings import a_copied_object

VALIDATOR = Draft202012Validator(
    json.loads(Path("docs/finding.schema.json").read_text()),
    format_checker=Draft202012Validator.FORMAT_CHECKER,
)


def finding(number: int = 0, *, changes: dict[str, Any] | None = None, **call: Any) -> Finding:
    """One of many equal findings; `number` counts objects and seconds."""
    common: dict[str, Any] = {
        "key": f"{number}.csv",
        "event_id": f"event-{number}",
        "time": NOON + timedelta(seconds=number),
    }
    facts: dict[str, Any] = {"reason": "SSE-S3"} | (changes or {})
    return a_copied_object(an_object_call(**(common | call)), **facts)


ANOTHER = replace(an_actor(), who="arn:aws:iam::111122223333:role/Another")
SAME = {
    "another object": finding(1),
    "another call": finding(name="CopyObject"),
    "another session": finding(actor=replace(an_actor(), session="bob", address=None, tool="SDK")),
    "another after": finding(changes={"written": None}),
}
DIFFERENT = {
    "bucket": finding(bucket="another"),
    "actor": finding(actor=ANOTHER),
    "status": finding(changes={"status": Status.FAILED}),
    "severity": finding(changes={"severity": Severity.HIGH}),
    "reason": finding(changes={"reason": "aws/s3"}),
    "check": replace(finding(), check=CHECK_BY_ID["S3.BucketKey"]),
}


def one_group(findings: Iterable[Finding]) -> list[Finding]:
    (group,) = grouped(findings).values()
    return group


@pytest.mark.parametrize("other", SAME.values(), ids=SAME)
def test_findings_that_differ_in_nothing_that_matters_are_one_group(other: Finding) -> None:
    assert group_of(other) == group_of(finding())


def test_a_reason_that_names_its_object_is_the_same_reason() -> None:
    """AWS's answers do: "... is not authorized to perform: s3:PutObject on resource: ..."."""
    one, other = (
        finding(number, changes={"reason": f"denied on arn:aws:s3:::payroll/{number}.csv: an SCP"})
        for number in (1, 22)
    )

    assert group_of(one) == group_of(other)


@pytest.mark.parametrize("other", DIFFERENT.values(), ids=DIFFERENT)
def test_findings_that_differ_have_different_ids(other: Finding) -> None:
    assert group_of(other) != group_of(finding())


def test_a_group_keeps_its_name_from_version_to_version() -> None:
    assert group_of(finding()) == group_of(finding(5))
    assert len(group_of(finding())) == 32


def test_the_first_by_time_stands_for_all_in_whatever_order_they_came() -> None:
    reported = representative(one_group([finding(2), finding(0), finding(1)]))

    assert reported.resource == finding(0).resource
    assert reported.occurrences is not None
    assert reported.occurrences.to_document() == {
        "count": 3,
        "first": NOON.isoformat(),
        "last": (NOON + timedelta(seconds=2)).isoformat(),
        "keys": ["0.csv", "1.csv", "2.csv"],
        "incident": None,
    }


def test_id_of_several_is_that_of_these_and_of_no_others() -> None:
    """Who drops repeats by the id must not lose the third one, which comes with the first once more."""
    alone, both, again, three = (
        representative(one_group(findings)).id
        for findings in (
            [finding(0)],
            [finding(0), finding(2)],
            [finding(2), finding(0)],
            [finding(0), finding(2), finding(3)],
        )
    )

    assert alone == finding(0).id
    assert both == again
    assert len({alone, both, three}) == 3


def test_a_finding_without_equals_stands_for_itself() -> None:
    assert representative(one_group([finding(3)])) == finding(3)


def test_of_many_keys_ten_are_reported() -> None:
    reported = representative(one_group([finding(number) for number in range(50)]))

    assert reported.occurrences is not None
    assert reported.occurrences.count == 50
    assert reported.occurrences.keys == tuple(f"{number}.csv" for number in range(10))


def test_each_group_is_reported_under_its_name() -> None:
    other = DIFFERENT["actor"]

    assert grouped([finding(0), other, finding(1)]).keys() == {group_of(finding()), group_of(other)}


@given(st.permutations(range(6)))
def test_the_order_of_arrival_changes_nothing(order: Sequence[int]) -> None:
    several = [finding(number // 2, event_id=f"event-{number}") for number in order]

    assert grouped(several) == grouped(sorted(several, key=lambda one: one.call.event_id))


RANSOM = finding(
    changes={
        "status": Status.MANUAL,
        "severity": Severity.CRITICAL,
        "before": CUSTOMER_KEY,
        "written": None,
        "reason": "SSE-C",
        "recommendation": "ask",
    }
)
UNBLOCKED = Unblocked(who="eve", at=NOON)
IN_FORCE = Way(encryption=encryption(blocked=("SSE-C",)), unblocked=None)


def test_only_what_its_writer_alone_can_read_is_a_sign_of_ransom() -> None:
    assert is_ransom_sign(RANSOM)
    assert not is_ransom_sign(finding())


def test_an_incident_is_the_actors_whatever_the_bucket() -> None:
    in_another_bucket = replace(RANSOM, call=replace(RANSOM.call, bucket="another"))
    by_another = replace(RANSOM, call=replace(RANSOM.call, actor=ANOTHER))

    assert incident_scope(in_another_bucket) == incident_scope(RANSOM)
    assert incident_scope(by_another) != incident_scope(RANSOM)
    assert incident_scope(RANSOM).startswith("incident#")


def test_an_incident_says_how_many_there_are_so_far() -> None:
    reported = as_incident(RANSOM, "w1", 12, IN_FORCE)

    assert reported.reason == "SSE-C; 12 such writes by this actor so far (incident w1)"
    assert reported.occurrences == Occurrences(
        count=1, first=NOON, last=NOON, keys=("0.csv",), incident=Incident(id="w1", count=12)
    )
    message = message_of([reported])
    VALIDATOR.validate(json.loads(message.document))
    assert message.subject == "Reseal CRITICAL MANUAL: object encryption, object 'payroll/0.csv'"


def test_an_incident_keeps_the_occurrences_of_its_finding() -> None:
    calls = [an_object_call(key=key, event_id=key) for key in ("a", "b")]
    several = representative(one_group(replace(RANSOM, call=call) for call in calls))

    reported = as_incident(several, "w1", 12, IN_FORCE)

    assert reported.occurrences is not None
    assert (reported.occurrences.count, reported.occurrences.keys) == (2, ("a", "b"))
    assert reported.id == several.id


def test_who_unblocked_sse_c_before_is_named_first_thing() -> None:
    reported = as_incident(RANSOM, "w1", 12, replace(IN_FORCE, unblocked=UNBLOCKED))

    assert reported.reason.endswith(
        "SSE-C was unblocked on this bucket by 'eve' at 2026-11-23T12:00:00+00:00: "
        "treat this as an attack in progress"
    )
    message = message_of([reported])
    VALIDATOR.validate(json.loads(message.document))
    assert message.subject.startswith("Reseal INCIDENT CRITICAL MANUAL")


@pytest.mark.parametrize("blocked", [("NONE",), (), None, ("NONE", "another")])
def test_where_sse_c_is_not_blocked_somebody_made_way(blocked: tuple[str, ...] | None) -> None:
    reported = as_incident(RANSOM, "w1", 1, Way(encryption=encryption(blocked=blocked), unblocked=None))

    assert "; SSE-C was unblocked on this bucket by a caller who is not known yet: " in reported.reason
    assert "; 1 such write by this actor so far" in reported.reason
    assert message_of([reported]).subject.startswith("Reseal INCIDENT CRITICAL MANUAL")


def test_where_the_bucket_cannot_be_read_that_is_said() -> None:
    reported = as_incident(RANSOM, "w1", 1, Way(encryption=None, unblocked=None))

    assert "whether SSE-C was unblocked on this bucket is not known" in reported.reason
    assert "INCIDENT" not in message_of([reported]).subject


def test_where_the_bucket_cannot_be_read_a_call_that_was_noted_is_enough() -> None:
    reported = as_incident(RANSOM, "w1", 1, Way(encryption=None, unblocked=UNBLOCKED))

    assert "unblocked on this bucket by 'eve'" in reported.reason
