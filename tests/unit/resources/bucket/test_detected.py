"""A bucket's violation that is only detected: what the finding proposes, and what it costs."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from reseal.core.errors import AccessDeniedError
from reseal.core.policy.requirements import Mode
from reseal.core.state.bucket_access import AclGrant, BucketAccess
from tests.support.builders import (
    BUCKET,
    BUCKET_KEY,
    DEFAULT_ENCRYPTION,
    DEFAULT_MODES,
    ENFORCE_ALL,
    SSE_C_BLOCK,
    SSE_KMS,
    TEAM_KEY,
    K,
    a_policy,
    encryption,
)
from tests.support.fakes.services import FakeCloud
from tests.unit.resources.bucket.stage import LOWERED, REPORT, a_cloud, deliver

UNBLOCKED = encryption(blocked=None)
DETECT = a_policy(mode=Mode.DETECT)


def rule_of(command: str | None) -> str:
    """The rule that the command writes."""
    assert command is not None
    return shlex.split(command)[-1]


def finding_of(cloud: FakeCloud, check: str) -> dict[str, Any]:
    (found,) = [finding for finding in cloud.topic.findings if finding["check"] == check]
    return found


def test_every_finding_of_a_setting_has_the_command_that_repairs_all_of_it() -> None:
    cloud = a_cloud(UNBLOCKED)

    deliver(cloud, policy=DETECT)

    commands = {finding["repair"] for finding in cloud.topic.findings}
    assert {finding["check"] for finding in cloud.topic.findings} == {DEFAULT_ENCRYPTION, SSE_C_BLOCK}
    (command,) = commands
    assert rule_of(command) == (
        f"Rules=[{{ApplyServerSideEncryptionByDefault={{SSEAlgorithm=aws:kms,KMSMasterKeyID={K}}},"
        "BucketKeyEnabled=true,BlockedEncryptionTypes={EncryptionType=[SSE-C]}}]"
    )


@pytest.mark.parametrize(
    "found",
    [LOWERED, UNBLOCKED, encryption(SSE_KMS, TEAM_KEY, blocked=("SSE-X",)), encryption("aws:kms:dsse")],
    ids=["SSE-S3", "SSE-C allowed", "no Bucket Key", "aws/s3"],
)
def test_command_writes_what_enforcement_writes(found: Any) -> None:
    detecting, enforcing = a_cloud(found), a_cloud(found)

    deliver(detecting, policy=a_policy(mode=Mode.DETECT, check_modes=ENFORCE_ALL))
    deliver(enforcing, policy=a_policy(check_modes=ENFORCE_ALL))

    detected = [finding for finding in detecting.topic.findings if finding["status"] == "DETECTED"]
    (rule,) = {rule_of(finding["repair"]) for finding in detected}
    (written,) = enforcing.buckets.writes
    key = f",KMSMasterKeyID={written.key_id}" if written.key_id else ""
    assert f"{{SSEAlgorithm={written.algorithm}{key}}}" in rule
    assert f"BucketKeyEnabled={str(written.bucket_key).lower()}" in rule
    assert ",".join(written.blocked or ()) in rule


def test_detecting_costs_the_reads_before_enforcements_write_and_no_ledger() -> None:
    cloud = a_cloud(LOWERED)

    deliver(cloud, policy=DETECT)

    reads = ["read bucket", "describe key", "read access", "read key policy"]
    assert cloud.steps.taken == [*reads, *REPORT]


def test_repair_that_the_guards_stop_is_not_proposed() -> None:
    cloud = a_cloud(LOWERED)
    grant = AclGrant(grantee="somebody-else", permission="WRITE")
    cloud.buckets.access[BUCKET] = BucketAccess(acl=(grant,))

    deliver(cloud, policy=DETECT)

    found = finding_of(cloud, DEFAULT_ENCRYPTION)
    assert (found["status"], found["repair"]) == ("MANUAL", None)


def test_without_an_answer_to_the_guards_there_is_no_command() -> None:
    cloud = a_cloud(LOWERED)
    cloud.buckets.failures["read_access"].append(
        AccessDeniedError("AccessDenied", "s3:GetBucketPolicy", "no")
    )

    deliver(cloud, policy=DETECT)

    found = finding_of(cloud, DEFAULT_ENCRYPTION)
    assert (found["status"], found["repair"]) == ("DETECTED", None)
    assert "the guards have not judged the repair" in found["recommendation"]


def test_what_is_detected_beside_a_repair_is_proposed_on_top_of_it() -> None:
    cloud = a_cloud(UNBLOCKED)

    deliver(cloud, policy=a_policy(check_modes=DEFAULT_MODES | {SSE_C_BLOCK: Mode.DETECT}))

    repaired, detected = finding_of(cloud, DEFAULT_ENCRYPTION), finding_of(cloud, SSE_C_BLOCK)
    assert (repaired["status"], repaired["repair"]) == ("REMEDIATED", None)
    assert detected["status"] == "DETECTED"
    assert f"KMSMasterKeyID={K}" in rule_of(detected["repair"])
    assert "BlockedEncryptionTypes={EncryptionType=[SSE-C]}" in rule_of(detected["repair"])


def test_name_that_no_command_may_hold_is_said_to_be_the_cause() -> None:
    cloud = a_cloud(encryption(blocked=("SSE C",)))

    deliver(cloud, policy=DETECT)

    found = finding_of(cloud, DEFAULT_ENCRYPTION)
    assert found["repair"] is None
    assert "a name in it is not plain" in found["recommendation"]


def test_state_too_large_for_the_ledger_is_published_cut_and_not_written() -> None:
    cloud = a_cloud(encryption("aws:kms", "x" * 150_000))

    deliver(cloud, policy=a_policy(check_modes=ENFORCE_ALL))

    found = finding_of(cloud, BUCKET_KEY)
    assert cloud.buckets.writes == []
    assert found["status"] == "MANUAL"
    assert len(found["before"]["key_id"]) < 400
