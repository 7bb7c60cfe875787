"""What one event makes the object lane do, call by call."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reseal.core.errors import MalformedEventError, TransientError
from reseal.core.outcome import Applied
from reseal.core.policy.requirements import Mode
from reseal.core.state.s3_object import Lock
from tests.support.builders import (
    BUCKET,
    DSSE_KMS,
    OTHER_ACCOUNT,
    PARTNER_KEY,
    SSE_KMS,
    STRANGER_KEY,
    TEAM_KEY,
    K,
    a_policy,
    object_encryption,
)
from tests.support.fakes.services import NOON
from tests.unit.resources.object.stage import REPAIR, SSE_C, UNDER_K, Stage, an_event


def test_a_violation_is_recorded_repaired_verified_and_reported_in_this_order() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")

    failed = stage.deliver(an_event("a.csv"))

    assert failed == {}
    assert stage.steps == REPAIR
    assert stage.cloud.objects.stored(BUCKET, "a.csv").head.encryption == UNDER_K
    assert stage.results == ["Applied"]
    assert [(f["status"], f["action"]) for f in stage.findings] == [("REMEDIATED", "CopyObject")]


@pytest.mark.parametrize(
    ("found", "asks_kms"),
    [
        pytest.param(UNDER_K, True, id="K"),
        pytest.param(object_encryption(SSE_KMS, TEAM_KEY), True, id="a team's own key"),
        pytest.param(object_encryption(DSSE_KMS, TEAM_KEY), True, id="stronger"),
    ],
)
def test_a_compliant_object_costs_one_read(found: object, asks_kms: bool) -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv", encryption=found)  # type: ignore[arg-type]

    stage.deliver(an_event("a.csv"))

    assert stage.steps == ["read", *(["describe key"] if asks_kms else []), "telemetry"]
    assert (stage.results, stage.findings) == (["Compliant"], [])


def test_the_ledger_keeps_what_was_and_what_came_of_it() -> None:
    stage = Stage()
    before = stage.cloud.objects.put(BUCKET, "a.csv")

    stage.deliver(an_event("a.csv"))

    (entry,) = stage.cloud.cloud.ledger.entries
    assert (entry.before, entry.intended, entry.action) == (object_encryption(), UNDER_K, "CopyObject")
    assert entry.outcome == Applied(after=UNDER_K, at=NOON)
    assert entry.details["etag"] == before.etag


def test_the_ledger_names_the_object_as_it_was_found() -> None:
    stage = Stage()
    stage.cloud.cloud.buckets.versioned.add(BUCKET)
    written = stage.cloud.objects.put(BUCKET, "a b.csv")

    stage.deliver(an_event("a+b.csv"))

    (entry,) = stage.cloud.cloud.ledger.entries
    assert (entry.resource.object_key, entry.resource.version_id) == ("a b.csv", written.version_id)


FSX = "arn:aws:s3:us-east-1:111122223333:accesspoint/fsx-ap"
FSX_LISTED = [{"accountId": "111122223333", "type": "AWS::S3::AccessPoint", "ARN": FSX}]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"resources": [{"accountId": OTHER_ACCOUNT, "type": "AWS::S3::Bucket",
                                     "ARN": f"arn:aws:s3:::{BUCKET}"}]}, id="another account's bucket"),
        pytest.param({"userIdentity": {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"}},
                     id="a log delivery"),
        pytest.param({"recipientAccountId": OTHER_ACCOUNT}, id="another account's record, forwarded"),
        pytest.param({"recipientAccountId": OTHER_ACCOUNT,
                      "responseElements": {"x-amz-server-side-encryption-customer-algorithm": "AES256"}},
                     id="another account's record under SSE-C: the own account has a record of its own"),
        pytest.param({"requestParameters": {"bucketName": FSX, "key": "a.csv"}, "resources": FSX_LISTED,
                      "responseElements": {"x-amz-server-side-encryption": "aws:fsx"}}, id="FSx"),
        pytest.param({"requestParameters": {"bucketName": BUCKET, "key": "a.csv",
                                            "Host": "x.s3-outposts.us-east-1.amazonaws.com"}}, id="Outposts"),
    ],
)  # fmt: skip
def test_what_is_not_ours_to_judge_is_not_even_read(changes: dict[str, object]) -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")

    stage.deliver(an_event("a.csv", **changes))

    assert stage.steps == ["telemetry"]
    assert stage.results[0] in {"Skipped", "Exempt"}


def test_a_key_is_tried_as_given_and_then_once_unquoted() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a b.csv")

    stage.deliver(an_event("a+b.csv"))

    assert stage.steps[:2] == ["read", "read"]
    assert stage.cloud.objects.stored(BUCKET, "a b.csv").head.encryption == UNDER_K
    assert stage.findings[0]["resource"]["name"] == f"{BUCKET}/a b.csv"


def test_an_object_under_sse_c_is_reported_by_its_own_key_however_the_record_spells_it() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a b.csv", encryption=SSE_C)

    stage.deliver(an_event("a+b.csv"))

    assert stage.findings[0]["resource"]["name"] == f"{BUCKET}/a b.csv"


def test_a_key_that_looks_encoded_is_not_unquoted_where_it_exists() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a%20b.csv")
    stage.cloud.objects.put(BUCKET, "a b.csv")

    stage.deliver(an_event("a%20b.csv"))

    assert stage.cloud.objects.stored(BUCKET, "a b.csv").head.encryption == object_encryption()


def test_an_object_that_is_gone_is_skipped() -> None:
    stage = Stage()

    stage.deliver(an_event("gone.csv"))

    assert (stage.results, stage.findings) == (["Skipped"], [])


def test_a_write_that_a_later_one_replaced_is_left_to_that_ones_event() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv", last_modified=NOON + timedelta(seconds=3))

    stage.deliver(an_event("a.csv"))

    assert (stage.results, stage.cloud.objects.writes) == (["Skipped"], [])


def test_the_very_version_of_the_event_is_changed_in_place() -> None:
    stage = Stage()
    stage.cloud.cloud.buckets.versioned.add(BUCKET)
    old = stage.cloud.objects.put(BUCKET, "a.csv")
    newer = stage.cloud.objects.put(BUCKET, "a.csv", encryption=UNDER_K)

    stage.deliver(
        an_event(
            "a.csv",
            responseElements={"x-amz-version-id": old.version_id, "x-amz-server-side-encryption": "AES256"},
        )
    )

    after = stage.cloud.objects.stored(BUCKET, "a.csv", old.version_id).head
    assert (after.encryption, after.etag) == (UNDER_K, old.etag)
    assert stage.cloud.objects.stored(BUCKET, "a.csv").head == newer
    assert stage.findings[0]["action"] == "UpdateObjectEncryption"


def test_sse_c_is_reported_and_never_touched() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv", encryption=SSE_C)

    stage.deliver(an_event("a.csv"))

    assert stage.cloud.objects.writes == []
    assert [(f["severity"], f["status"]) for f in stage.findings] == [("CRITICAL", "MANUAL")]


def test_another_accounts_key_is_replaced_and_critical() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv", encryption=object_encryption(SSE_KMS, STRANGER_KEY))

    stage.deliver(an_event("a.csv"))

    assert stage.cloud.objects.stored(BUCKET, "a.csv").head.encryption == UNDER_K
    assert [(f["severity"], f["status"]) for f in stage.findings] == [("CRITICAL", "REMEDIATED")]


def test_an_approved_key_of_another_account_is_kept() -> None:
    stage = Stage(policy=a_policy(listed_keys=frozenset({PARTNER_KEY})))
    stage.cloud.objects.put(BUCKET, "a.csv", encryption=object_encryption(SSE_KMS, PARTNER_KEY))

    stage.deliver(an_event("a.csv"))

    assert stage.results == ["Compliant"]


@pytest.mark.parametrize(
    ("lock", "held"), [(Lock(legal_hold=True), "a legal hold"), (Lock(event_hold=True), "an event hold")]
)
def test_a_locked_object_is_reported_with_what_holds_it(lock: Lock, held: str) -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv", lock=lock)

    stage.deliver(an_event("a.csv"))

    assert stage.cloud.objects.writes == []
    assert stage.findings[0]["status"] == "MANUAL"
    assert held in stage.findings[0]["reason"]
    assert stage.findings[0]["recommendation"].startswith(f"remove {held}, or wait until it ends")


def test_in_detect_mode_nothing_is_written_and_the_ledger_stays_empty() -> None:
    stage = Stage(policy=a_policy(mode=Mode.DETECT))
    stage.cloud.objects.put(BUCKET, "a.csv")

    stage.deliver(an_event("a.csv"))

    assert (stage.cloud.objects.writes, stage.cloud.cloud.ledger.entries) == ([], [])
    assert stage.findings[0]["status"] == "DETECTED"


def test_an_encryption_context_that_the_record_spells_out_is_carried() -> None:
    stage = Stage()
    context = "eyJ0ZWFtIjogInBheSJ9"
    stage.cloud.objects.put(
        BUCKET, "a.csv", encryption=object_encryption(SSE_KMS, STRANGER_KEY), context=context
    )

    stage.deliver(an_event("a.csv", responseElements={"x-amz-server-side-encryption-context": context}))

    assert stage.cloud.objects.stored(BUCKET, "a.csv").context == context


def test_an_encryption_context_that_is_known_and_not_spelled_out_is_reported() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv", encryption=object_encryption(SSE_KMS, STRANGER_KEY))

    stage.deliver(an_event("a.csv", responseElements={"x-amz-server-side-encryption-context": "..."}))

    assert (stage.cloud.objects.writes, stage.findings[0]["status"]) == ([], "MANUAL")


def test_k_that_cannot_be_used_is_not_written() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    stage.cloud.cloud.keys.known[K] = replace(stage.cloud.cloud.keys.known[K], state="Disabled")  # type: ignore[type-var]

    stage.deliver(an_event("a.csv"))

    assert stage.cloud.objects.writes == []
    assert [(f["severity"], f["status"]) for f in stage.findings] == [("CRITICAL", "MANUAL")]


def test_a_poison_message_does_not_take_its_batch_along() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")

    failed = stage.deliver("{", an_event("a.csv"), '{"reseal": "close-alert-window"}')

    assert {message: type(error) for message, error in failed.items()} == {
        "m1": MalformedEventError,
        "m3": MalformedEventError,
    }
    assert stage.results == ["Applied"]


def test_an_error_nobody_foresaw_does_not_take_the_batch_along() -> None:
    stage = Stage()
    for key in ("a.csv", "b.csv"):
        stage.cloud.objects.put(BUCKET, key)
    stage.cloud.objects.failures["read a.csv"] = [ZeroDivisionError("a bug")]

    failed = stage.deliver(an_event("a.csv", 1), an_event("b.csv", 2))

    assert {message: type(error) for message, error in failed.items()} == {"m1": ZeroDivisionError}
    assert stage.results == ["Applied"]


def test_of_several_writes_of_one_object_in_a_batch_the_last_counts() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv", last_modified=NOON + timedelta(seconds=1))
    events = [an_event("a.csv", number, eventTime=f"2026-11-23T12:00:0{number}Z") for number in (1, 0)]

    stage.deliver(*events)

    assert sorted(stage.results) == ["Applied", "Skipped"]
    assert [f["api_call"]["event_id"] for f in stage.findings] == ["event-1"]


def test_without_time_nothing_is_begun_and_the_message_goes_back() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")

    failed = stage.deliver(an_event("a.csv"), seconds_left=lambda: 5.0)

    assert isinstance(failed["m1"], TransientError)
    assert (stage.cloud.objects.writes, stage.cloud.cloud.ledger.entries) == ([], [])


def test_a_batch_takes_three_calls_of_the_ledger_whatever_its_size() -> None:
    stage = Stage()
    for number in range(20):
        stage.cloud.objects.put(BUCKET, f"{number}.csv")

    stage.deliver(*(an_event(f"{number}.csv", number) for number in range(20)))

    assert [step for step in stage.steps if step.startswith("ledger")] == [
        "ledger read last",
        "ledger open",
        "ledger close",
    ]
    assert stage.results == ["Applied"] * 20


@pytest.mark.parametrize(("put", "upload"), [("event-a", "event-b"), ("event-b", "event-a")])
def test_of_two_writes_in_one_second_the_one_that_stands_is_reported_whatever_their_events_are_called(
    put: str, upload: str
) -> None:
    """A record's time is in whole seconds, and an object of parts is dated by its upload's beginning."""
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv", etag='"0123-2"')

    stage.deliver(
        an_event("a.csv", eventID=put, eventName="PutObject"),
        an_event("a.csv", eventID=upload, eventName="CompleteMultipartUpload"),
    )

    assert [(f["api_call"]["event_id"], f["status"]) for f in stage.findings] == [(upload, "REMEDIATED")]


def test_an_earlier_write_of_another_kind_is_stood_for_by_the_last_one_of_its_batch() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")

    stage.deliver(
        an_event("a.csv", 1, eventName="CopyObject", eventTime="2026-11-23T11:59:58Z"),
        an_event("a.csv", 2, eventName="PutObject"),
    )

    assert sorted(stage.results) == ["Applied", "Skipped"]
    assert stage.steps.count("read") == 2  # once, and once more after the copy
