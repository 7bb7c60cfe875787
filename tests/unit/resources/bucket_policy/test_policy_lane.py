"""A policy that lets plain HTTP pass: reported by the bucket lane, repaired by the policy lane."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from reseal.core.errors import AccessDeniedError, MalformedEventError, RefusalError, TransientError
from reseal.core.findings.event_result import Result
from reseal.core.policy.requirements import Mode
from reseal.core.state.bucket_access import BucketAccess
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.transit.noted import NotedBucket
from tests.support.builders import BUCKET, DEFAULT_MODES, TLS_ONLY, a_body, a_policy
from tests.support.fakes.services import Crash
from tests.unit.resources.bucket_policy.stage import BY_HAND, CHANGE, Stage, of, repaired

DETECTING = a_policy(check_modes=DEFAULT_MODES | {TLS_ONLY: Mode.DETECT})
JUDGED = [
    "read bucket",
    "read policy",
    "describe key",
    "read access",
    "read key policy",
    "read tags",
    "read notes",
]
"""What the bucket lane reads of a bucket whose policy violates the check."""


def test_violation_is_told_at_once_with_its_actor_and_handed_on() -> None:
    stage = Stage()

    stage.judges(stage.sets(of("A")))

    (finding,) = stage.findings
    assert (finding["severity"], finding["status"]) == ("HIGH", "DETECTED")
    assert finding["actor"]["who"].endswith("role/Payroll")
    assert finding["recommendation"].startswith("handed to the policy lane")
    assert finding["repair"] is None
    (look,) = stage.cloud.looks.asked
    assert (look.event_id, look.time, look.resource.bucket) == ("call-1", stage.cloud.clock.now(), BUCKET)
    assert stage.cloud.steps.taken[: len(JUDGED) + 1] == [*JUDGED, "hand on"]
    assert stage.cloud.ledger.entries == []


def test_handed_bucket_is_repaired_and_told_with_the_id_of_the_call_and_without_actor() -> None:
    stage = Stage()
    stage.judges(stage.sets(of("A")))

    stage.repairs()

    handed, outcome = stage.findings
    assert stage.now == repaired(of("A"))
    assert (outcome["severity"], outcome["status"]) == ("MEDIUM", "REMEDIATED")
    assert (outcome["actor"], outcome["api_call"]) == (None, None)
    assert outcome["trigger"] == handed["trigger"] == "call-1"
    assert outcome["id"] != handed["id"]
    assert outcome["ledger_entry"] == f"{BUCKET}#call-1#PutBucketPolicy"
    assert outcome["undo"] is None
    assert "the entry in ledger_entry says what was before" in outcome["recommendation"]
    assert outcome["before"] == of("A").to_summary()
    assert outcome["after"]["statements"] == 2


def test_repair_reads_right_before_the_write_and_reads_back() -> None:
    stage = Stage()
    stage.judges(stage.sets(of("A")))
    del stage.cloud.steps.taken[:]

    stage.repairs()

    assert stage.cloud.steps.taken[:10] == [
        "read policy",
        "read access",
        "read tags",
        "read notes",
        "ledger open",
        "note write",
        "read policy",
        "put policy",
        "read policy",
        "ledger close",
    ]
    (entry,) = stage.cloud.ledger.entries
    assert (entry.before, entry.intended) == (of("A"), repaired(of("A")))
    assert entry.details.keys() == {"read_at", "written_at"}


def test_first_policy_of_a_bucket_has_a_command_that_undoes_it() -> None:
    stage = Stage()
    stage.judges(stage.sets(of()))

    stage.repairs()

    assert stage.now == repaired(of())
    assert stage.findings[-1]["undo"] == (
        f"aws s3api delete-bucket-policy --region us-east-1 --bucket {BUCKET} "
        "--expected-bucket-owner 111122223333"
    )


def test_repaired_bucket_is_compliant_and_costs_one_read_more() -> None:
    stage = Stage()
    stage.judges(stage.sets(of("A")))
    stage.repairs()
    del stage.cloud.steps.taken[:]

    result = stage.judges(stage.sets(repaired(of("A"))))

    assert result.result is Result.COMPLIANT
    assert stage.cloud.steps.taken.count("read policy") == 1
    assert {"read writes", "ledger read", "hand on"}.isdisjoint(stage.cloud.steps.taken)


def test_without_enforce_nothing_is_handed_on() -> None:
    stage = Stage(policy=DETECTING)

    stage.judges(stage.sets(of("A")))

    (finding,) = stage.findings
    assert (finding["severity"], finding["status"]) == ("HIGH", "DETECTED")
    assert json.dumps(CHANGE.statement()) in finding["recommendation"]
    assert stage.cloud.looks.asked == []


def test_policy_is_not_read_if_the_check_is_off() -> None:
    stage = Stage(policy=a_policy(check_modes=DEFAULT_MODES | {TLS_ONLY: Mode.OFF}))

    stage.judges(stage.event("CreateBucket"))

    assert "read policy" not in stage.cloud.steps.taken


WEBSITE = BucketAccess(has_website=True)


@pytest.mark.parametrize(
    ("access", "tags", "noted", "named"),
    [
        (WEBSITE, {}, BY_HAND, "website"),
        (BucketAccess(), {"aws:cloudformation:stack-name": "shop"}, BY_HAND, "CloudFormation manages"),
        (BucketAccess(), {}, replace(BY_HAND, manager="Terraform"), "Terraform manages"),
    ],
    ids=["website", "stack", "Terraform"],
)
def test_guard_stops_the_repair_at_once_and_names_why(
    access: BucketAccess, tags: dict[str, str], noted: NotedBucket, named: str
) -> None:
    stage = Stage()
    stage.cloud.buckets.access[BUCKET] = access
    stage.cloud.buckets.tags[BUCKET] = tags
    stage.cloud.bucket_notes.noted[BUCKET] = noted

    stage.judges(stage.sets(of("A")))

    assert stage.reported == [("HIGH", "MANUAL")]
    assert named in stage.findings[0]["reason"]
    assert stage.cloud.looks.asked == []


@pytest.mark.parametrize(
    "noted", [NotedBucket(), NotedBucket(creator="unknown")], ids=["not noted", "unknown tool"]
)
def test_policy_lane_leaves_a_bucket_of_unknown_creator_to_a_person(noted: NotedBucket) -> None:
    stage = Stage()
    stage.cloud.bucket_notes.noted[BUCKET] = noted
    stage.judges(stage.sets(of("A")))

    stage.repairs()

    assert stage.reported == [("HIGH", "DETECTED"), ("MEDIUM", "MANUAL")]
    assert "created the bucket" in stage.findings[1]["reason"]
    assert stage.cloud.buckets.policy_writes == []


@pytest.mark.parametrize(
    ("agent", "creator"),
    [("[aws-cli/2.31.0]", "AWS CLI"), ("APN/1.0 HashiCorp/1.0 Terraform/1.9", "Terraform")],
)
def test_creator_of_a_bucket_that_violates_the_check_is_noted(agent: str, creator: str) -> None:
    stage = Stage()
    stage.cloud.bucket_notes.noted[BUCKET] = NotedBucket()
    stage.cloud.buckets.created[BUCKET] = stage.cloud.clock.now()
    stage.cloud.buckets.policies[BUCKET] = of()

    stage.judges(stage.event("CreateBucket", userAgent=agent))

    assert stage.cloud.bucket_notes.noted[BUCKET].creator == creator
    assert stage.reported == [("INFORMATIONAL", "MANUAL" if creator == "Terraform" else "DETECTED")]


def test_second_create_bucket_does_not_make_a_creator() -> None:
    stage = Stage()
    stage.cloud.bucket_notes.noted[BUCKET] = NotedBucket()

    stage.judges(stage.event("CreateBucket"))

    assert stage.cloud.bucket_notes.noted[BUCKET] == NotedBucket()


def test_noted_plain_http_holds_the_repair() -> None:
    stage = Stage()
    stage.judges(stage.event("PutBucketAcl", tlsDetails=None))

    stage.judges(stage.sets(of("A")))

    assert stage.reported == [("HIGH", "MANUAL")]
    assert "plain HTTP is in use: 1 call PutBucketAcl by arn:aws:iam" in stage.findings[0]["reason"]


def test_policy_that_refuses_tls_is_critical_by_its_record() -> None:
    stage = Stage()
    locked = CHANGE.statement() | {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}
    denied = AccessDeniedError("AccessDenied", "s3:GetEncryptionConfiguration", "denied")
    stage.cloud.buckets.failures["read_encryption"].append(denied)

    stage.judges(stage.sets(BucketPolicy.of({"Statement": [locked]})))

    assert [severity for severity, _ in stage.reported] == ["CRITICAL"]
    assert "refuses TLS to every caller" in stage.findings[0]["reason"]


def test_denied_read_of_the_policy_keeps_no_other_check_from_judging() -> None:
    stage = Stage()
    denied = AccessDeniedError("AccessDenied", "s3:GetBucketPolicy", "denied")
    stage.cloud.buckets.failures["read_policy"].append(denied)

    result = stage.judges(stage.event("CreateBucket"))

    assert stage.reported == [("HIGH", "MANUAL")]
    assert "allow s3:GetBucketPolicy" in stage.findings[0]["recommendation"]
    assert result.status_by_check["S3.BucketDefaultEncryption"] == "COMPLIANT"


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (
            RefusalError("MalformedPolicy", "s3:PutBucketPolicy", "Invalid principal in policy"),
            "Invalid principal in policy",
        ),
        (
            AccessDeniedError(
                "AccessDenied", "s3:PutBucketPolicy", "blocked by the BlockPublicPolicy setting"
            ),
            "BlockPublicPolicy is on",
        ),
        (AccessDeniedError("AccessDenied", "s3:PutBucketPolicy", "no"), "s3:PutBucketPolicy is denied"),
    ],
    ids=["malformed", "public", "denied"],
)
def test_refused_write_fails_with_the_text_of_s3(refusal: RefusalError, said: str) -> None:
    stage = Stage()
    stage.judges(stage.sets(of("A")))
    stage.cloud.buckets.failures["put_policy"].append(refusal)

    stage.repairs()

    assert stage.reported[1] == ("HIGH", "FAILED")
    assert said in stage.findings[1]["reason"]
    assert stage.now == of("A")


def test_policy_that_changed_since_is_judged_again() -> None:
    stage = Stage()
    stage.judges(stage.sets(of("A")))
    stage.cloud.steps.before["note write"].append(lambda: stage.sets(of("A", "B")))

    stage.repairs()

    assert stage.now == repaired(of("A", "B"))
    assert stage.reported[1] == ("MEDIUM", "REMEDIATED")


def test_policy_that_others_repaired_is_left_alone() -> None:
    stage = Stage()
    stage.judges(stage.sets(of("A")))
    stage.sets(repaired(of("A")))

    assert stage.repairs().result is Result.COMPLIANT
    assert stage.cloud.buckets.policy_writes == []


def test_write_whose_answer_is_lost_is_found_out_and_told_once() -> None:
    stage = Stage()
    stage.judges(stage.sets(of("A")))
    stage.cloud.steps.after["put policy"].append(
        lambda: stage.cloud.steps.before["read policy"].append(_dies)
    )
    body = stage.cloud.looks.asked[0]
    with pytest.raises(Crash):
        stage.repairs()
    stage.later(600)
    stage.handled = 0

    stage.repairs(times=2)

    assert body.event_id == "call-1"
    assert stage.reported[1:] == [("MEDIUM", "REMEDIATED")]
    assert len(stage.cloud.buckets.policy_writes) == 1


def _dies() -> None:
    raise Crash


def test_bucket_that_cannot_be_handed_on_is_not_told_but_delivered_again() -> None:
    stage = Stage()
    stage.cloud.looks.failures["ask"].append(TransientError("no answer"))
    event = stage.sets(of("A"))
    with pytest.raises(TransientError):
        stage.judges(event)

    stage.judges(event, times=2)

    assert stage.reported == [("HIGH", "DETECTED")]
    assert len(stage.cloud.looks.asked) == 1


def test_call_whose_violation_a_look_repaired_is_told_under_its_own_name() -> None:
    stage = Stage()
    late = stage.sets(of("A"))
    stage.looks(
        '{"reseal": "look", "id": "look-1", "time": "2026-11-23T12:00:00+00:00", '
        f'"resource": {{"type": "AWS::S3::Bucket", "bucket": "{BUCKET}"}}}}'
    )

    stage.judges(late)

    by_look, by_call = stage.findings
    assert by_look["actor"] is None
    assert (by_call["severity"], by_call["status"]) == ("HIGH", "REMEDIATED")
    assert by_call["ledger_entry"] == f"{BUCKET}#look-1#PutBucketPolicy"


def test_policy_lane_takes_no_records() -> None:
    with pytest.raises(MalformedEventError, match="only requests to look"):
        Stage().looks(a_body())


@pytest.mark.parametrize(
    "change",
    [{"check_modes": DEFAULT_MODES | {TLS_ONLY: Mode.OFF}}, {"mode": Mode.DETECT}],
    ids=["off", "detect"],
)
def test_bucket_handed_on_before_a_change_of_mode_is_not_written(change: dict[str, Any]) -> None:
    stage = Stage()
    stage.judges(stage.sets(of("A")))
    stage.policy = a_policy(**change)

    stage.repairs()

    assert stage.now == of("A")
