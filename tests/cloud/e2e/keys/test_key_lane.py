"""The key lane of the deployed stack: administrators change KMS keys, and the stack reacts."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.deployment import OTHER_ACCOUNT, Deployment, deployed

PATIENCE = 60.0
"""Seconds until a finding must have arrived."""

ROTATION, DELETION, DISABLED = "KMS.KeyRotation", "KMS.KeyDeletion", "KMS.KeyDisabled"
POLICY, ALIAS, ACCESS = "KMS.KeyPolicy", "KMS.Alias", "S3.BucketKeyAccess"


@pytest.fixture(scope="module")
def keeping(built: Path) -> Iterator[Deployment]:
    """A stack that enforces, also that the remediation key is not deleted."""
    assert built.is_dir()
    with deployed(KeyDeletionMode="enforce") as deployment:
        yield deployment


def kms(deployment: Deployment) -> Any:
    return deployment.cloud.client("kms")


def findings_of(
    deployment: Deployment, key: str, act: Callable[[], object], check: str
) -> list[dict[str, Any]]:
    return deployment.about(act, key, check)


def state(deployment: Deployment, key: str) -> str:
    return str(kms(deployment).describe_key(KeyId=key)["KeyMetadata"]["KeyState"])


def seen(deployment: Deployment, key: str) -> None:
    """Wait until the lane has seen the key enabled."""
    table = deployment.stack.outputs["LedgerTable"]
    ask = {"TableName": table, "Key": {"id": {"S": f"key#{key}"}}}
    dynamodb, end = deployment.cloud.client("dynamodb"), time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if dynamodb.get_item(**ask).get("Item", {}).get("state") == {"S": "Enabled"}:
            return
        time.sleep(0.2)
    raise AssertionError(f"{key} was not seen")


def ask_about_keys(deployment: Deployment) -> dict[str, Any]:
    """The hourly check, now; its answer."""
    functions = deployment.cloud.client("lambda")
    answer = functions.invoke(FunctionName=deployment.stack.outputs["TrailCheckFunction"])
    return dict(json.loads(answer["Payload"].read()))


def test_rotation_of_the_remediation_key_is_turned_on_again(keeping: Deployment) -> None:
    key = keeping.key

    found = findings_of(keeping, key, lambda: kms(keeping).disable_key_rotation(KeyId=key), ROTATION)

    assert [(f["check"], f["severity"], f["status"]) for f in found] == [(ROTATION, "HIGH", "REMEDIATED")]
    assert kms(keeping).get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is True


def test_deletion_of_the_remediation_key_is_cancelled_once_a_day(keeping: Deployment) -> None:
    key = keeping.key
    bucket = keeping.bucket()
    ask_about_keys(keeping)
    seen(keeping, key)

    def schedule() -> None:
        kms(keeping).schedule_key_deletion(KeyId=key, PendingWindowInDays=7)

    first = findings_of(keeping, key, schedule, DELETION)
    kept = state(keeping, key)
    second = findings_of(keeping, key, schedule, DELETION)
    pending = state(keeping, key)
    kms(keeping).cancel_key_deletion(KeyId=key)
    kms(keeping).enable_key(KeyId=key)

    assert [(f["severity"], f["status"]) for f in first] == [("CRITICAL", "REMEDIATED")]
    assert bucket in first[0]["reason"]
    assert [(f["severity"], f["status"]) for f in second] == [("CRITICAL", "MANUAL")]
    assert (kept, pending) == ("Enabled", "PendingDeletion")


def test_key_of_a_team_that_a_bucket_names_is_reported_and_left(keeping: Deployment) -> None:
    bucket, key = keeping.bucket(), keeping.create_key()
    keeping.after(
        lambda: keeping.put(bucket, "aws:kms", key, BucketKeyEnabled=True), bucket, "PutBucketEncryption"
    )

    found = findings_of(
        keeping,
        key,
        lambda: kms(keeping).schedule_key_deletion(KeyId=key, PendingWindowInDays=7),
        DELETION,
    )

    assert [(f["severity"], f["status"]) for f in found] == [("CRITICAL", "MANUAL")]
    assert bucket in found[0]["reason"]
    assert state(keeping, key) == "PendingDeletion"


def test_disabled_key_is_reported_and_left(keeping: Deployment) -> None:
    key = keeping.create_key()

    found = findings_of(keeping, key, lambda: kms(keeping).disable_key(KeyId=key), DISABLED)

    assert [(f["severity"], f["status"]) for f in found] == [("LOW", "MANUAL")]
    assert state(keeping, key) == "Disabled"


def test_end_of_a_key_is_reported_without_a_trail(keeping: Deployment) -> None:
    key = keeping.create_key()
    findings_of(
        keeping,
        key,
        lambda: kms(keeping).schedule_key_deletion(KeyId=key, PendingWindowInDays=7),
        DELETION,
    )

    found = findings_of(keeping, key, lambda: keeping.cloud.let_happen("deleted", key), DELETION)

    assert "does not exist any more" in found[-1]["reason"]
    assert found[-1]["actor"]["who"] == "kms.amazonaws.com"


def test_policy_that_admits_every_account_is_reported(keeping: Deployment) -> None:
    key = keeping.create_key()
    policy = json.loads(kms(keeping).get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    opened = {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
    policy["Statement"] = [*policy["Statement"], opened]

    found = findings_of(
        keeping,
        key,
        lambda: kms(keeping).put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy)),
        POLICY,
    )

    assert [(f["check"], f["status"]) for f in found] == [(POLICY, "MANUAL")]


def test_reader_who_loses_the_key_of_a_bucket_is_reported_with_the_bucket(keeping: Deployment) -> None:
    bucket, key = keeping.bucket(), keeping.create_key()
    policy = json.loads(kms(keeping).get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    theirs = {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}
    reads = {"Effect": "Allow", "Principal": theirs, "Action": "kms:*", "Resource": "*"}
    with_them = json.dumps(policy | {"Statement": [*policy["Statement"], reads]})
    kms(keeping).put_key_policy(KeyId=key, PolicyName="default", Policy=with_them)
    keeping.after(lambda: keeping.put(bucket, "aws:kms", key), bucket, "PutBucketEncryption")
    admitted = {
        "Version": "2012-10-17",
        "Statement": [reads | {"Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}],
    }
    _, before = keeping.after(
        lambda: keeping.s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(admitted)),
        bucket,
        "PutBucketPolicy",
    )

    found = keeping.about(
        lambda: kms(keeping).put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy)),
        f"arn:aws:s3:::{bucket}",
        ACCESS,
    )

    assert [f["check"] for f in before if f["check"] == ACCESS] == []
    (lost,) = [f for f in found if f["check"] == ACCESS]
    assert OTHER_ACCOUNT in lost["reason"]
    assert lost["actor"] is None


def test_alias_that_a_bucket_names_is_reported_when_it_is_deleted(keeping: Deployment) -> None:
    bucket, key = keeping.bucket(), keeping.create_key()
    alias = f"alias/{bucket}"
    kms(keeping).create_alias(AliasName=alias, TargetKeyId=key)
    keeping.after(
        lambda: keeping.put(bucket, "aws:kms", alias, BucketKeyEnabled=True), bucket, "PutBucketEncryption"
    )

    found = findings_of(keeping, key, lambda: kms(keeping).delete_alias(AliasName=alias), ALIAS)

    assert (ALIAS, "CRITICAL") in {(f["check"], f["severity"]) for f in found}


def test_without_events_the_hourly_question_finds_a_disabled_remediation_key(keeping: Deployment) -> None:
    key = keeping.key
    ask_about_keys(keeping)
    seen(keeping, key)
    with keeping.without_events("Key"):
        kms(keeping).disable_key(KeyId=key)

    found = findings_of(keeping, key, lambda: ask_about_keys(keeping), DISABLED)
    kms(keeping).enable_key(KeyId=key)

    assert (DISABLED, "CRITICAL", None) in [(f["check"], f["severity"], f["actor"]) for f in found]
