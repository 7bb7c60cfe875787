"""Published ways to hold S3 data to ransom, played through the deployed stack by IAM users."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from localcloud.client.handle import ACCOUNT
from localcloud.client.key_material import imported_key
from tests.support.deployment import OTHER_ACCOUNT, Deployment, deployed

PATIENCE_SECONDS = 60.0
LISTED = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0d9a4c1e-8f27-4b63-a5c0-71e2d3f4b5a6"
"""With a list of approved keys, writes under other keys of the account are delivered, too."""
ADMINISTRATOR = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:*", "kms:*"], "Resource": "*"}],
}


@dataclass(frozen=True, slots=True)
class Intruder:
    """An IAM user's clients."""

    s3: Any
    kms: Any


@pytest.fixture(scope="module")
def stack(built: Path) -> Iterator[Deployment]:
    assert built.is_dir()
    with deployed(ObjectBuckets="*", ApprovedKeys=LISTED) as deployment:
        yield deployment


def intruder(stack: Deployment) -> Intruder:
    user = stack.cloud.create_user(f"intruder-{uuid.uuid4().hex[:8]}", ADMINISTRATOR)
    return Intruder(stack.cloud.client("s3", user), stack.cloud.client("kms", user))


def incident(stack: Deployment, *signs: str) -> list[dict[str, Any]]:
    """The findings since the last call whose incident has these signs, in this order; waits for one."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        stack.arrivals.poll()
        found = [finding for finding in stack.arrivals.findings if _signs(finding) == list(signs)]
        if found or time.monotonic() > end:
            timelines = [_signs(finding) for finding in stack.arrivals.findings]
            stack.arrivals.findings.clear()
            assert found, timelines
            return found
        time.sleep(0.2)


def _signs(finding: dict[str, Any]) -> list[str]:
    incident = (finding["occurrences"] or {}).get("incident") or {"signs": []}
    return [sign["sign"] for sign in incident["signs"]]


def unblock(s3: Any, bucket: str, key: str) -> None:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    blocked = {"BlockedEncryptionTypes": {"EncryptionType": ["NONE"]}}
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True, **blocked}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


def put(s3: Any, bucket: str, key: str) -> None:
    s3.put_object(Bucket=bucket, Key="a.csv", Body=b"1", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)


def foreign_key(stack: Deployment) -> str:
    allow = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
    kms = stack.cloud.client("kms", stack.cloud.account_root(OTHER_ACCOUNT))
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    return str(kms.create_key(Policy=policy)["KeyMetadata"]["Arn"])


def test_sse_c_after_it_was_unblocked(stack: Deployment) -> None:
    eve, bucket = intruder(stack), stack.bucket()

    unblock(eve.s3, bucket, stack.key)
    stack.cloud.drain_trail()
    eve.s3.put_object(
        Bucket=bucket, Key="a", Body=b"1", SSECustomerAlgorithm="AES256", SSECustomerKey="k" * 32
    )

    found = incident(stack, "UNBLOCKED", "CUSTOMER_KEY")
    assert {finding["severity"] for finding in found} == {"CRITICAL"}
    assert all(finding["runbook"].endswith("#ransomware-incident") for finding in found)


def test_copies_under_a_foreign_key(stack: Deployment) -> None:
    eve, first, second, key = intruder(stack), stack.bucket(), stack.bucket(), foreign_key(stack)

    for bucket in (first, second):
        put(eve.s3, bucket, key)
        stack.arrivals.wait_for_lines(bucket, "PutObject")

    found = incident(stack, "FOREIGN_KEY", "FOREIGN_KEY")
    named = {sign["bucket"] for sign in found[0]["occurrences"]["incident"]["signs"]}
    assert named == {first, second}


def test_imported_material_that_is_deleted_after_the_writes(stack: Deployment) -> None:
    eve, bucket = intruder(stack), stack.bucket()
    key = imported_key(eve.kms)
    put(eve.s3, bucket, key)
    stack.arrivals.wait_for_lines(bucket, "PutObject")

    eve.kms.delete_imported_key_material(KeyId=key)

    found = incident(stack, "OUTSIDE_KEY", "KEY_TAKEN")
    assert {finding["check"] for finding in found} == {"KMS.KeyDisabled"}


def test_update_object_encryption_to_an_own_key_with_imported_material(stack: Deployment) -> None:
    eve, bucket = intruder(stack), stack.bucket()
    eve.s3.put_object(Bucket=bucket, Key="a.csv", Body=b"1")
    key = imported_key(eve.kms)

    eve.s3.update_object_encryption(
        Bucket=bucket, Key="a.csv", ObjectEncryption={"SSEKMS": {"KMSKeyArn": key}}
    )
    stack.arrivals.wait_for_lines(bucket, "UpdateObjectEncryption")
    eve.kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)

    incident(stack, "OUTSIDE_KEY", "KEY_TAKEN")


def test_deletion_that_is_scheduled_after_re_encryption_by_two_roles(stack: Deployment) -> None:
    eve, mallory, bucket = intruder(stack), intruder(stack), stack.bucket()
    key = imported_key(mallory.kms)
    unblock(eve.s3, bucket, stack.key)
    stack.arrivals.wait_for_lines(bucket, "PutBucketEncryption")
    put(mallory.s3, bucket, key)
    (raised, *_) = incident(stack, "UNBLOCKED", "OUTSIDE_KEY")

    eve.kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)

    (last, *_) = incident(stack, "UNBLOCKED", "OUTSIDE_KEY", "KEY_TAKEN")
    incidents = [finding["occurrences"]["incident"] for finding in (raised, last)]
    assert len({one["id"] for one in incidents}) == 1
    assert len({sign["who"] for sign in incidents[-1]["signs"]}) == 2
    assert [one["attack"] for one in incidents] == [True, True]
