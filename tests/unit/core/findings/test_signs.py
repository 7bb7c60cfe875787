"""Step 6: which findings are signs of ransomware, what joins them, and what an incident adds to a finding."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reseal.core.calls.look import Look
from reseal.core.checks.catalogue import CHECK_BY_ID
from reseal.core.decision import Severity
from reseal.core.findings.finding import Finding, Status
from reseal.core.findings.incident import incident_id, sign_of, with_signs
from reseal.core.findings.render.message import message_of
from reseal.core.findings.sign import MOST_SIGNS, Noted, Sign, SignKind, is_attack, joined
from reseal.core.policy.judgement import HELD_OUTSIDE
from reseal.core.resource import KeyResource
from reseal.core.state.object_encryption import CUSTOMER_KEY, ObjectEncryption
from tests.support.builders import (
    ACCOUNT,
    BUCKET,
    KEY_DELETION,
    KEY_DISABLED,
    KEY_ROTATION,
    OBJECT_ENCRYPTION,
    PARTNER_KEY,
    REGION,
    SSE_C_BLOCK,
    TEAM_KEY,
    a_call,
    a_key_call,
    an_object_call,
    encryption,
    stated,
)
from tests.support.fakes.services import NOON
from tests.support.findings import SCHEMA

UNDER_PARTNER = ObjectEncryption(algorithm="aws:kms", key_id=PARTNER_KEY)
UNDER_TEAM = ObjectEncryption(algorithm="aws:kms", key_id=TEAM_KEY)
OUTSIDE = f"{TEAM_KEY} is a key of this account, but its key material was imported: {HELD_OUTSIDE}"
UNBLOCKS = a_call("PutBucketEncryption", stated=stated(unblocks_sse_c=True))


def a_finding(check: str, call: Any, severity: Severity = Severity.CRITICAL, **facts: Any) -> Finding:
    given: dict[str, Any] = {
        "check": CHECK_BY_ID[check],
        "severity": severity,
        "status": Status.MANUAL,
        "call": call,
        "account": ACCOUNT,
        "region": REGION,
        "resource_arn": call.resource.arn("aws"),
        "required": "SSE-KMS",
        "runbook": "https://example.com/runbook.md#s3objectencryption",
        "reason": "why",
        "recommendation": "what",
    }
    return Finding(**(given | facts))


def a_sign(kind: SignKind = SignKind.CUSTOMER_KEY, minute: int = 0, **facts: Any) -> Sign:
    return Sign(kind=kind, at=NOON + timedelta(minutes=minute), **({"who": "eve", "bucket": "b"} | facts))


@pytest.mark.parametrize(
    ("finding", "kind", "bucket", "key"),
    [
        (
            a_finding(OBJECT_ENCRYPTION, an_object_call(), before=CUSTOMER_KEY),
            SignKind.CUSTOMER_KEY,
            BUCKET,
            None,
        ),
        (
            a_finding(OBJECT_ENCRYPTION, an_object_call(), before=UNDER_PARTNER),
            SignKind.FOREIGN_KEY,
            BUCKET,
            PARTNER_KEY,
        ),
        (
            a_finding(OBJECT_ENCRYPTION, an_object_call(), Severity.HIGH, before=UNDER_TEAM, reason=OUTSIDE),
            SignKind.OUTSIDE_KEY,
            BUCKET,
            TEAM_KEY,
        ),
        (a_finding(SSE_C_BLOCK, UNBLOCKS, Severity.HIGH), SignKind.UNBLOCKED, BUCKET, None),
        (
            a_finding(KEY_DELETION, a_key_call("ScheduleKeyDeletion")),
            SignKind.KEY_TAKEN,
            None,
            TEAM_KEY,
        ),
        (
            a_finding(KEY_DISABLED, a_key_call("DeleteImportedKeyMaterial")),
            SignKind.KEY_TAKEN,
            None,
            TEAM_KEY,
        ),
    ],
    ids=["SSE-C", "foreign key", "material outside", "unblocked", "deletion", "material deleted"],
)
def test_finding_is_a_sign(finding: Finding, kind: SignKind, bucket: str | None, key: str | None) -> None:
    assert sign_of(finding) == Sign(kind=kind, at=finding.call.time, who=finding.who, bucket=bucket, key=key)


@pytest.mark.parametrize(
    "finding",
    [
        a_finding(OBJECT_ENCRYPTION, an_object_call(), Severity.MEDIUM, before=UNDER_TEAM),
        a_finding(OBJECT_ENCRYPTION, an_object_call(), Severity.HIGH, before=UNDER_PARTNER),
        a_finding(OBJECT_ENCRYPTION, an_object_call(), before=UNDER_PARTNER, set_by_call=False),
        a_finding(OBJECT_ENCRYPTION, an_object_call()),
        a_finding(SSE_C_BLOCK, a_call("CreateBucket"), Severity.MEDIUM, before=encryption()),
        a_finding(KEY_DELETION, a_key_call("ScheduleKeyDeletion"), Severity.LOW),
        a_finding(KEY_DISABLED, a_key_call("CancelKeyDeletion")),
        a_finding(KEY_DELETION, a_key_call("DeleteKey")),
        a_finding(KEY_ROTATION, a_key_call("DisableKeyRotation")),
    ],
    ids=[
        "a key of the account",
        "an approved key of another account",
        "set by another call",
        "not read",
        "was never blocked",
        "a key that nobody uses",
        "a responder cancelled the deletion",
        "KMS itself",
        "another check",
    ],
)
def test_finding_is_no_sign(finding: Finding) -> None:
    assert sign_of(finding) is None


def test_sign_that_a_look_found_has_no_actor_and_joins_by_its_key() -> None:
    look = Look(event_id="watch-1", time=NOON, resource=KeyResource(kms_key=TEAM_KEY))
    by_look, by_call = (
        sign_of(a_finding(KEY_DELETION, call)) for call in (look, a_key_call("ScheduleKeyDeletion"))
    )

    assert by_look is not None
    assert by_call is not None
    assert by_look.who is None
    assert set(by_look.facets) < set(by_call.facets)
    assert by_look.in_words.startswith(f"{NOON.isoformat()} unknown: a key in use was")


def test_same_deed_at_another_time_is_the_same_sign_and_another_actors_is_not() -> None:
    assert a_sign(minute=0).id == a_sign(minute=5).id
    assert a_sign().id != a_sign(who="mallory").id
    assert set(a_sign().facets) & set(a_sign(who="mallory").facets) == {a_sign().facets[1]}


def test_timeline_is_in_the_order_of_time_with_each_sign_once() -> None:
    later, earlier = a_sign(SignKind.KEY_TAKEN, 9, bucket=None, key=TEAM_KEY), a_sign(minute=1)

    assert joined([later, a_sign(minute=5), earlier]) == (earlier, later)


def test_signs_of_one_second_are_in_the_order_of_their_kinds() -> None:
    signs = tuple(a_sign(kind) for kind in SignKind)

    assert joined(reversed(signs)) == signs


def test_long_timeline_keeps_its_beginning_and_its_end() -> None:
    signs = [a_sign(minute=number, bucket=f"b{number}") for number in range(50)]

    kept = joined(signs)

    assert len(kept) == MOST_SIGNS
    assert (kept[0], kept[-1]) == (signs[0], signs[-1])


def test_signs_of_yesterday_are_left_out() -> None:
    noted = Noted(signs=(a_sign(), a_sign(bucket="c", minute=60)), version=3)

    left = noted.within_a_day(NOON + timedelta(days=1, minutes=1))

    assert left == Noted(signs=(a_sign(bucket="c", minute=60),), version=3)


def test_signs_of_one_kind_alone_are_no_attack() -> None:
    assert not is_attack([a_sign(), a_sign(bucket="c")])
    assert is_attack([a_sign(), a_sign(SignKind.UNBLOCKED)])


def test_sign_is_the_same_after_it_was_stored() -> None:
    sign = a_sign(SignKind.FOREIGN_KEY, key=PARTNER_KEY)

    assert Sign.from_document(json.loads(json.dumps(sign.to_document()))) == sign


FOREIGN = a_finding(OBJECT_ENCRYPTION, an_object_call(), Severity.HIGH, before=UNDER_PARTNER)


def test_sign_alone_changes_nothing() -> None:
    assert with_signs(FOREIGN, (a_sign(SignKind.FOREIGN_KEY),)) == FOREIGN


def test_signs_of_one_kind_are_told_together_and_raise_nothing() -> None:
    signs = (a_sign(SignKind.FOREIGN_KEY), a_sign(SignKind.FOREIGN_KEY, 3, bucket="c"))

    reported = with_signs(FOREIGN, signs)

    assert reported == replace(FOREIGN, occurrences=reported.occurrences)
    assert reported.occurrences is not None
    assert reported.occurrences.incident is not None
    assert reported.occurrences.incident.signs == signs
    assert "INCIDENT" not in message_of([reported]).subject


def test_second_kind_of_sign_raises_the_finding_and_tells_the_timeline() -> None:
    signs = (a_sign(SignKind.UNBLOCKED, who="eve"), a_sign(SignKind.FOREIGN_KEY, 3, who="mallory"))

    reported = with_signs(FOREIGN, signs)
    message = message_of([reported])

    assert reported.severity is Severity.CRITICAL
    assert reported.runbook == "https://example.com/runbook.md#ransomware-incident"
    assert (
        reported.reason == f"why; one of 2 signs of ransomware within a day (incident {incident_id(signs)})"
    )
    assert message.subject.startswith("Reseal INCIDENT CRITICAL MANUAL")
    assert f"2 signs within a day: {NOON.isoformat()} 'eve': SSE-C was unblocked ('b'); " in message.email
    Draft202012Validator(SCHEMA).validate(json.loads(message.document))


def test_incident_keeps_its_id_as_signs_are_added() -> None:
    first = a_sign(SignKind.UNBLOCKED)

    assert incident_id((first,)) == incident_id((first, a_sign(minute=5)))
    assert incident_id((first,)) != incident_id((a_sign(),))
