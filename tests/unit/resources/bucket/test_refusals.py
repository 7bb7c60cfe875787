"""Permanent refusals: reported once, with the missing permission, and never retried."""

from __future__ import annotations

import pytest

from reseal.core.errors import (
    AccessDeniedError,
    NotFoundError,
    RefusalError,
    TransientError,
    WrongRegionError,
)
from reseal.core.findings.event_result import Result
from reseal.core.outcome import Failed, SkipCause, Skipped
from tests.support.builders import (
    BUCKET,
    DEFAULT_ENCRYPTION,
    SSE_C_BLOCK,
    a_body,
    encryption,
)
from tests.support.fakes.services import FakeCloud
from tests.unit.resources.bucket.stage import (
    COMPLIANT,
    LOWERED,
    REPORT,
    SETS_STRANGERS,
    STRANGERS,
    a_cloud,
    deliver,
    end_windows,
)

READ, WRITE = "s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration"
DENIED = "AccessDenied"


def denies_reading(*buckets: str) -> FakeCloud:
    """A cloud that denies as many reads as buckets are named."""
    cloud = a_cloud(COMPLIANT)
    cloud.buckets.failures["read_encryption"] = [AccessDeniedError(DENIED, READ, "no") for _ in buckets]
    return cloud


def denies_writing(times: int = 1, *, blocked: tuple[str, ...] | None = ("SSE-C",)) -> FakeCloud:
    cloud = a_cloud(encryption(blocked=blocked))
    cloud.buckets.failures["put_encryption"] = [AccessDeniedError(DENIED, WRITE, "no")] * times
    return cloud


def test_a_denied_read_is_one_failed_finding_that_names_the_permission() -> None:
    cloud = denies_reading(BUCKET)

    event_result = deliver(cloud)

    (finding,) = cloud.topic.findings
    assert event_result.result is Result.FAILED
    assert (finding["status"], finding["check"]) == ("FAILED", DEFAULT_ENCRYPTION)
    assert (
        finding["recommendation"]
        == f"allow {READ} to Reseal's role; Reseal checks the bucket again at its next change"
    )
    assert cloud.steps.taken == ["read bucket", *REPORT]


def test_a_denied_write_is_one_failed_finding_that_names_the_permission() -> None:
    cloud = denies_writing()

    event_result = deliver(cloud)

    (finding,) = cloud.topic.findings
    assert event_result.result is Result.FAILED
    assert finding["status"] == "FAILED"
    assert (
        finding["recommendation"]
        == f"allow {WRITE} to Reseal's role; Reseal checks the bucket again at its next change"
    )
    assert cloud.ledger.entries[0].outcome == event_result.outcome


def test_a_denied_read_back_is_a_failure_too() -> None:
    cloud = a_cloud(LOWERED)
    denied = AccessDeniedError(DENIED, READ, "no")
    cloud.buckets.after_put = lambda: cloud.buckets.failures["read_encryption"].append(denied)

    event_result = deliver(cloud)

    assert isinstance(event_result.outcome, Failed)
    assert event_result.outcome.denied_action == READ


def test_the_same_refusal_is_reported_once_and_then_in_the_summary_of_its_window() -> None:
    cloud = denies_reading(BUCKET, BUCKET)
    deliver(cloud, eventID="first")

    event_result = deliver(cloud, eventID="second")

    assert event_result.suppressed
    assert len(cloud.topic.messages) == 1
    assert [h.result for h in cloud.telemetry.recorded] == [Result.FAILED, Result.FAILED]
    end_windows(cloud)
    assert cloud.topic.findings[-1]["occurrences"]["count"] == 1


def test_a_critical_refusal_is_reported_whatever_was_refused_before() -> None:
    cloud = a_cloud(LOWERED)
    cloud.buckets.failures["put_encryption"] = [AccessDeniedError(DENIED, WRITE, "no")] * 2
    deliver(cloud, eventID="first")
    cloud.buckets.state[BUCKET] = STRANGERS

    deliver(cloud, eventID="second", requestParameters=SETS_STRANGERS)

    failed = [f["severity"] for f in cloud.topic.findings if f["status"] == "FAILED"]
    assert failed == ["HIGH", "CRITICAL"]


def test_the_same_refusal_is_reported_again_in_the_next_window() -> None:
    cloud = denies_reading(BUCKET, BUCKET)
    deliver(cloud, eventID="first")
    end_windows(cloud)

    deliver(cloud, eventID="second")

    assert len(cloud.topic.messages) == 2


def test_a_refusal_whose_message_failed_is_reported_by_the_next_delivery() -> None:
    cloud = denies_reading(BUCKET, BUCKET)
    cloud.topic.failures["publish"] = [TransientError("throttled")]
    with pytest.raises(TransientError):
        deliver(cloud)

    deliver(cloud, times=2)

    assert [finding["status"] for finding in cloud.topic.findings] == ["FAILED"]
    end_windows(cloud)
    assert len(cloud.topic.findings) == 1


def test_a_refusal_on_another_bucket_is_reported() -> None:
    cloud = denies_reading(BUCKET, "another")
    deliver(cloud)

    deliver(cloud, body=a_body(eventID="second", requestParameters={"bucketName": "another"}))

    assert [f["resource"]["name"] for f in cloud.topic.findings] == [BUCKET, "another"]


def test_another_refusal_on_the_same_bucket_is_reported() -> None:
    cloud = denies_writing()
    cloud.buckets.failures["read_encryption"] = [AccessDeniedError(DENIED, READ, "no")]
    deliver(cloud, eventID="first")

    deliver(cloud, eventID="second")

    assert [f["recommendation"].split()[1] for f in cloud.topic.findings] == [READ, WRITE]


def test_a_suppressed_failure_does_not_silence_what_else_was_found() -> None:
    cloud = denies_writing(2)
    deliver(cloud, eventID="first")
    cloud.buckets.state[BUCKET] = encryption(blocked=None)

    deliver(cloud, eventID="second")

    assert [(f["check"], f["status"]) for f in cloud.topic.findings] == [
        (DEFAULT_ENCRYPTION, "FAILED"),
        (SSE_C_BLOCK, "DETECTED"),
    ]


def test_a_duplicate_of_a_denied_write_makes_no_other_attempt_and_no_other_message() -> None:
    cloud = denies_writing(1)
    deliver(cloud)

    event_result = deliver(cloud, times=2)
    end_windows(cloud)

    assert (event_result.result, event_result.suppressed) == (Result.FAILED, True)
    assert len(cloud.topic.messages) == 1
    assert cloud.steps.taken.count("put bucket") == 1


def test_a_refusal_that_names_no_permission_is_reported() -> None:
    cloud = a_cloud(LOWERED)
    cloud.buckets.failures["put_encryption"] = [RefusalError("MalformedXML", WRITE, "bad")]

    deliver(cloud)

    assert [f["status"] for f in cloud.topic.findings] == ["FAILED"]


def test_a_key_that_kms_refuses_to_speak_of_is_a_failure() -> None:
    cloud = a_cloud(COMPLIANT)
    cloud.keys.failures["describe"] = [RefusalError("DisabledException", "kms:DescribeKey", "odd")]

    event_result = deliver(cloud)

    assert event_result.result is Result.FAILED
    assert "kms:DescribeKey" in cloud.topic.findings[0]["reason"]


@pytest.mark.parametrize(
    ("refusal", "cause"),
    [
        (NotFoundError("NoSuchBucket", READ, "gone"), SkipCause.GONE),
        (WrongRegionError("PermanentRedirect", READ, "moved", "eu-west-1"), SkipCause.ELSEWHERE),
    ],
    ids=["not found", "another Region"],
)
@pytest.mark.parametrize("method", ["read_encryption", "put_encryption"])
def test_a_bucket_that_is_deleted_or_in_another_region_is_skipped_without_a_word(
    method: str, refusal: RefusalError, cause: SkipCause
) -> None:
    cloud = a_cloud(LOWERED)
    cloud.buckets.failures[method] = [refusal]

    event_result = deliver(cloud)

    assert isinstance(event_result.outcome, Skipped)
    assert event_result.outcome.cause is cause
    assert cloud.buckets.writes == []
    assert cloud.topic.messages == []
    assert len(cloud.telemetry.recorded) == 1


def test_a_bucket_that_is_deleted_while_it_is_repaired_is_skipped() -> None:
    cloud = a_cloud(LOWERED)
    cloud.buckets.after_put = cloud.buckets.state.clear

    event_result = deliver(cloud)

    assert event_result.result is Result.SKIPPED
    assert cloud.topic.messages == []


def test_a_bucket_that_does_not_exist_is_skipped() -> None:
    cloud = a_cloud(None)

    event_result = deliver(cloud)

    assert event_result.result is Result.SKIPPED
    assert cloud.steps.taken == ["read bucket", "telemetry"]
