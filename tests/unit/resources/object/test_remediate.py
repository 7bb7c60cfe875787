"""The repair of one object: what changes meanwhile stops it, and an unintended result is reported."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from reseal.core.errors import CustomerKeyError, NotFoundError, RefusalError, TransientError
from reseal.core.policy.requirements import Mode
from reseal.core.repairs.objects.method import Methods
from tests.support.builders import (
    BUCKET,
    DEFAULT_MODES,
    DSSE_KMS,
    OBJECT_ENCRYPTION,
    SSE_KMS,
    TEAM_KEY,
    K,
    a_policy,
    object_encryption,
)
from tests.unit.resources.object.stage import REPAIR, SSE_C, UNDER_K, Stage, an_event

IN_PARTS: dict[str, Any] = {"policy": a_policy(required=DSSE_KMS), "methods": Methods(largest_copy=1)}


def test_time_that_is_gone_when_the_repair_would_begin_sends_the_message_back() -> None:
    stage, left = Stage(), iter([300.0, 5.0])
    stage.cloud.objects.put(BUCKET, "a.csv")

    failed = stage.deliver(an_event("a.csv"), seconds_left=lambda: next(left))

    assert isinstance(failed["m1"], TransientError)
    assert stage.cloud.objects.writes == []


def test_a_copy_that_cannot_be_seen_yet_sends_the_message_back() -> None:
    stage = Stage()
    before = stage.cloud.objects.put(BUCKET, "a.csv")
    stage.cloud.cloud.steps.after["copy"].append(
        lambda: stage.cloud.objects.change(BUCKET, "a.csv", head=before)
    )

    failed = stage.deliver(an_event("a.csv"))

    assert isinstance(failed["m1"], TransientError)
    assert stage.findings == []


def test_an_acl_that_changes_while_parts_are_copied_stops_the_copy() -> None:
    stage = Stage(**IN_PARTS)
    stage.cloud.cloud.buckets.with_acls.add(BUCKET)
    stage.cloud.objects.put(BUCKET, "a.csv")
    stage.cloud.cloud.steps.after["copy in parts"].append(lambda: stage.share("a.csv"))

    failed = stage.deliver(an_event("a.csv"))

    assert isinstance(failed["m1"], TransientError)
    assert stage.cloud.objects.writes == []


def test_an_acl_that_is_another_after_the_copy_is_reported_and_severe() -> None:
    stage = Stage()
    stage.cloud.cloud.buckets.with_acls.add(BUCKET)
    stage.cloud.objects.put(BUCKET, "a.csv")
    stage.cloud.cloud.steps.after["copy"].append(lambda: stage.share("a.csv"))

    stage.deliver(an_event("a.csv"))

    (finding,) = stage.findings
    assert (finding["severity"], finding["status"]) == ("HIGH", "REMEDIATED")
    assert "differ from before: ACL" in finding["reason"]


def test_an_acl_that_is_as_before_is_not_reported() -> None:
    stage = Stage()
    stage.cloud.cloud.buckets.with_acls.add(BUCKET)
    stage.cloud.objects.put(BUCKET, "a.csv")

    stage.deliver(an_event("a.csv"))

    (finding,) = stage.findings
    assert finding["severity"] == "MEDIUM"
    assert "differ from before" not in finding["reason"]


@pytest.mark.parametrize("newer", [UNDER_K, object_encryption(SSE_KMS, TEAM_KEY)], ids=["K", "a team's"])
def test_after_a_change_in_place_the_very_version_is_read_again(newer: Any) -> None:
    stage = Stage()
    stage.cloud.cloud.buckets.versioned.add(BUCKET)
    old = stage.cloud.objects.put(BUCKET, "a.csv")
    stage.cloud.objects.put(BUCKET, "a.csv", body=b"newer", encryption=newer)
    versioned = {"x-amz-version-id": old.version_id, "x-amz-server-side-encryption": "AES256"}

    stage.deliver(an_event("a.csv", responseElements=versioned))

    assert stage.results == ["Applied"]
    assert "differ from before" not in stage.findings[0]["reason"]


def test_a_newer_write_that_a_change_in_place_caught_is_reported_and_severe() -> None:
    stage = Stage(methods=Methods(prefers_in_place=True))
    stage.cloud.objects.put(BUCKET, "a.csv")
    stage.cloud.cloud.steps.after["update encryption"].append(
        lambda: stage.cloud.objects.put(BUCKET, "a.csv", body=b"newer", encryption=UNDER_K)
    )

    stage.deliver(an_event("a.csv"))

    (finding,) = stage.findings
    assert (finding["action"], finding["severity"]) == ("UpdateObjectEncryption", "HIGH")
    assert "a newer write was re-encrypted too" in finding["reason"]


@pytest.mark.parametrize("step", ["before", "after"])
def test_a_newer_write_under_sse_c_is_left_to_its_own_event(step: str) -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    getattr(stage.cloud.cloud.steps, step)["copy"].append(
        lambda: stage.cloud.objects.put(BUCKET, "a.csv", encryption=SSE_C)
    )

    stage.deliver(an_event("a.csv"))

    assert (stage.results, stage.findings) == (["Skipped"], [])


@pytest.mark.parametrize(
    "refusal",
    [
        CustomerKeyError("400", "s3:GetObject", "S3 wants the writer's key"),
        RefusalError("InvalidRequest", "s3:PutObject", "the source is under SSE-C"),
    ],
    ids=["at a look", "by S3"],
)
def test_a_copy_that_a_newer_write_under_sse_c_stopped_is_no_failure(refusal: RefusalError) -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    stage.cloud.objects.failures["copy"] = [refusal]
    stage.cloud.cloud.steps.after["ledger open"].append(
        lambda: stage.cloud.objects.put(BUCKET, "a.csv", encryption=SSE_C)
    )

    stage.deliver(an_event("a.csv"))

    assert (stage.results, stage.findings) == (["Skipped"], [])


@pytest.mark.parametrize(
    "then", [None, NotFoundError("404", "s3:GetObject", "Not Found")], ids=["there", "gone"]
)
def test_an_invalid_request_for_another_reason_is_a_failure(then: RefusalError | None) -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    stage.cloud.objects.failures["copy"] = [RefusalError("InvalidRequest", "s3:PutObject", "no")]
    if then:
        stage.cloud.cloud.steps.after["ledger open"].append(
            lambda: stage.cloud.objects.failures["read"].append(then)
        )

    stage.deliver(an_event("a.csv"))

    assert [(f["status"], f["severity"]) for f in stage.findings] == [("FAILED", "HIGH")]


def test_versioning_that_is_turned_on_before_the_copy_is_reported_since_the_old_version_stays() -> None:
    stage = Stage()
    stage.cloud.objects.put(BUCKET, "a.csv")
    stage.cloud.cloud.steps.after["ledger open"].append(
        lambda: stage.cloud.cloud.buckets.versioned.add(BUCKET)
    )

    stage.deliver(an_event("a.csv"))

    (finding,) = stage.findings
    assert (finding["severity"], finding["status"]) == ("HIGH", "REMEDIATED")
    assert "versioning of the bucket (turned on meanwhile" in finding["reason"]


DETECT = a_policy(check_modes=DEFAULT_MODES | {OBJECT_ENCRYPTION: Mode.DETECT}, exempts_log_deliveries=True)


# --- only detected: the finding has the command that repairs --------------------------------------


def words_of(stage: Stage) -> list[str]:
    (finding,) = stage.findings
    assert finding["status"] == "DETECTED"
    return shlex.split(finding["repair"])


def test_command_copies_the_object_as_enforcement_would() -> None:
    stage = Stage(policy=DETECT)
    written = stage.cloud.objects.put(BUCKET, "a.csv")

    stage.deliver(an_event("a.csv"))

    words = words_of(stage)
    assert words[:3] == ["aws", "s3api", "copy-object"]
    assert words[words.index("--ssekms-key-id") + 1] == K
    seen = f"{written.last_modified:%Y-%m-%dT%H:%M:%SZ}"
    assert f"--copy-source-if-unmodified-since={seen}" in words
    assert {"--metadata-directive=COPY", "--tagging-directive=COPY"} <= set(words)


def test_command_changes_the_object_in_place_where_enforcement_would() -> None:
    stage = Stage(policy=DETECT, methods=Methods(prefers_in_place=True))
    stage.cloud.objects.put(BUCKET, "a.csv")

    stage.deliver(an_event("a.csv"))

    words = words_of(stage)
    assert words[:3] == ["aws", "s3api", "update-object-encryption"]
    assert f"SSEKMS={{KMSKeyArn={K},BucketKeyEnabled=true}}" in words


@pytest.mark.parametrize("methods", [Methods(), Methods(prefers_in_place=True)], ids=["copy", "in place"])
def test_detecting_costs_only_the_reads_before_enforcements_write(methods: Methods) -> None:
    stage = Stage(policy=DETECT, methods=methods)
    stage.cloud.objects.put(BUCKET, "a.csv")

    stage.deliver(an_event("a.csv"))

    reads = REPAIR[: REPAIR.index("ledger read last")]
    assert stage.steps[: len(reads)] == reads
    assert not [step for step in stage.steps if step.startswith(("ledger", "copy", "update"))]
