"""The object lane of the deployed stack: an IAM user writes objects, and the stack reacts."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.deployment import OTHER_ACCOUNT, Deployment, deployed

OWN_ROLE = "*assumed-role/*EnforceObjectRole*"
OBJECTS = "S3.ObjectEncryption"


@pytest.fixture(scope="module")
def enforcing_objects(built: Path) -> Iterator[Deployment]:
    with deployed(ObjectBuckets="*") as deployment:
        yield deployment


@pytest.fixture(scope="module")
def detecting_objects(built: Path) -> Iterator[Deployment]:
    with deployed(ObjectBuckets="*", ObjectEncryptionMode="detect", AlertWindowSeconds=0) as deployment:
        yield deployment


def written(
    deployment: Deployment, bucket: str, key: str, act: Callable[[], Any], call: str = "PutObject"
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Run `act` and wait until the lane handled it; returns the object's HeadObject and its findings."""
    _, _ = deployment.after(act, bucket, call)
    findings = [f for f in deployment.arrivals.findings if f["resource"]["name"] == f"{bucket}/{key}"]
    return dict(deployment.s3.head_object(Bucket=bucket, Key=key)), findings


@pytest.mark.parametrize(
    ("storage_class", "action"),
    [("REDUCED_REDUNDANCY", "CopyObject"), ("STANDARD_IA", "UpdateObjectEncryption")],
)
def test_object_under_sse_s3_is_re_encrypted_and_keeps_its_properties(
    enforcing_objects: Deployment, storage_class: Any, action: str
) -> None:
    bucket, key = enforcing_objects.bucket(), "reports/März 1+2%.csv"

    def act() -> None:
        enforcing_objects.s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=b"1;2;3",
            ServerSideEncryption="AES256",
            ContentType="text/csv",
            CacheControl="no-cache",
            Metadata={"team": "pay"},
            Tagging="class=internal",
            StorageClass=storage_class,
            ChecksumAlgorithm="SHA256",
        )

    after, (finding,) = written(enforcing_objects, bucket, key, act)
    assert (after["ServerSideEncryption"], after["SSEKMSKeyId"]) == ("aws:kms", enforcing_objects.key)
    assert (after["ContentType"], after["CacheControl"], after["Metadata"]) == (
        "text/csv",
        "no-cache",
        {"team": "pay"},
    )
    assert (after["StorageClass"], after["TagCount"]) == (storage_class, 1)
    assert enforcing_objects.s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"1;2;3"
    assert (finding["check"], finding["severity"], finding["status"]) == (OBJECTS, "MEDIUM", "REMEDIATED")
    assert (finding["action"], finding["before"]["algorithm"]) == (action, "AES256")


def test_compliant_write_starts_no_function(enforcing_objects: Deployment) -> None:
    bucket = enforcing_objects.bucket()
    before = enforcing_objects.arrivals.starts["ObjectFunctionLogs"]
    enforcing_objects.s3.put_object(Bucket=bucket, Key="right.csv", Body=b"1")  # the bucket's default is K
    written(enforcing_objects, bucket, "wrong.csv", lambda: _put(enforcing_objects, bucket, "wrong.csv"))

    assert enforcing_objects.arrivals.starts["ObjectFunctionLogs"] == before + 1


def _put(deployment: Deployment, bucket: str, key: str, s3: Any = None, **how: Any) -> None:
    plain = {"Bucket": bucket, "Key": key, "Body": b"1", "ServerSideEncryption": "AES256"}
    (s3 or deployment.s3).put_object(**(plain | how))


def test_versioned_object_is_changed_in_place_and_stays_the_same_version(
    enforcing_objects: Deployment,
) -> None:
    bucket = enforcing_objects.bucket()
    enforcing_objects.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

    after, (finding,) = written(
        enforcing_objects, bucket, "a.csv", lambda: _put(enforcing_objects, bucket, "a.csv")
    )

    assert after["SSEKMSKeyId"] == enforcing_objects.key
    assert finding["action"] == "UpdateObjectEncryption"
    assert len(enforcing_objects.s3.list_object_versions(Bucket=bucket)["Versions"]) == 1
    assert finding["resource"]["version_id"] == after["VersionId"]


def test_multipart_upload_is_judged_by_its_current_state(enforcing_objects: Deployment) -> None:
    bucket = enforcing_objects.bucket()

    def act() -> None:
        upload = enforcing_objects.s3.create_multipart_upload(
            Bucket=bucket, Key="big.bin", ServerSideEncryption="AES256", Tagging="a=b", Metadata={"m": "1"}
        )
        name = {"Bucket": bucket, "Key": "big.bin", "UploadId": upload["UploadId"]}
        part = enforcing_objects.s3.upload_part(**name, PartNumber=1, Body=b"x" * 100)
        parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
        enforcing_objects.s3.complete_multipart_upload(**name, MultipartUpload=parts)

    after, (finding,) = written(enforcing_objects, bucket, "big.bin", act, "CompleteMultipartUpload")
    assert after["SSEKMSKeyId"] == enforcing_objects.key
    assert (after["Metadata"], after["TagCount"]) == ({"m": "1"}, 1)
    assert finding["status"] == "REMEDIATED"


def test_foreign_key_that_admits_reseal_is_replaced_and_the_finding_is_critical(
    enforcing_objects: Deployment,
) -> None:
    bucket, s3, foreign = (
        enforcing_objects.bucket(),
        _writer_with_keys(enforcing_objects),
        _foreign_key(enforcing_objects),
    )
    under_it = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": foreign}

    def act() -> None:
        _put(enforcing_objects, bucket, "a.csv", s3, **under_it)

    after, (finding,) = written(enforcing_objects, bucket, "a.csv", act)
    assert after["SSEKMSKeyId"] == enforcing_objects.key
    assert (finding["severity"], finding["status"]) == ("CRITICAL", "REMEDIATED")


def test_users_copy_under_an_unapproved_key_is_remediated(enforcing_objects: Deployment) -> None:
    bucket, s3, foreign = (
        enforcing_objects.bucket(),
        _writer_with_keys(enforcing_objects),
        _foreign_key(enforcing_objects),
    )
    s3.put_object(Bucket=bucket, Key="a.csv", Body=b"1")

    def act() -> None:
        s3.copy_object(
            Bucket=bucket,
            Key="a.csv",
            CopySource={"Bucket": bucket, "Key": "a.csv"},
            ServerSideEncryption="aws:kms",
            SSEKMSKeyId=foreign,
        )

    after, (finding,) = written(enforcing_objects, bucket, "a.csv", act, "CopyObject")
    assert (after["SSEKMSKeyId"], finding["severity"]) == (enforcing_objects.key, "CRITICAL")


def _writer_with_keys(deployment: Deployment) -> Any:
    """A user that may use keys of other accounts if their policies admit it."""
    allow = {"Effect": "Allow", "Action": ["s3:*", "kms:*"], "Resource": "*"}
    name = f"writer-{uuid.uuid4().hex[:6]}"
    user = deployment.cloud.create_user(name, {"Version": "2012-10-17", "Statement": [allow]})
    return deployment.cloud.client("s3", user)


def _foreign_key(deployment: Deployment) -> str:
    allow = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
    kms = deployment.cloud.client("kms", deployment.cloud.account_root(OTHER_ACCOUNT))
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    return str(kms.create_key(Policy=policy)["KeyMetadata"]["Arn"])


def test_own_writes_start_no_function(enforcing_objects: Deployment) -> None:
    bucket = enforcing_objects.bucket()

    written(enforcing_objects, bucket, "a.csv", lambda: _put(enforcing_objects, bucket, "a.csv"))

    assert not [
        line for line in enforcing_objects.arrivals.lines if "EnforceObjectRole" in line.get("actor", "")
    ]


def test_only_the_poison_message_reaches_the_dead_letter_queue(enforcing_objects: Deployment) -> None:
    bucket, sqs = enforcing_objects.bucket(), enforcing_objects.cloud.client("sqs")
    queue = enforcing_objects.stack.outputs["ObjectQueueUrl"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "3"})

    def act() -> None:
        sqs.send_message(QueueUrl=queue, MessageBody="{")
        _put(enforcing_objects, bucket, "a.csv")

    after, (finding,) = written(enforcing_objects, bucket, "a.csv", act)
    dead = _wait_for_dead_letter(enforcing_objects)

    assert (after["SSEKMSKeyId"], finding["status"]) == (enforcing_objects.key, "REMEDIATED")
    assert dead == ["{"]


def _wait_for_dead_letter(deployment: Deployment) -> list[str]:
    sqs, queue = deployment.cloud.client("sqs"), deployment.stack.outputs["ObjectDeadLetterQueueUrl"]
    for _ in range(60):
        if messages := sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages"):
            return [message["Body"] for message in messages]
    return []


def test_detecting_stack_writes_no_object(detecting_objects: Deployment) -> None:
    bucket = detecting_objects.bucket()

    after, (finding,) = written(
        detecting_objects, bucket, "a.csv", lambda: _put(detecting_objects, bucket, "a.csv")
    )

    assert after["ServerSideEncryption"] == "AES256"
    assert finding["status"] == "DETECTED"
    writes = detecting_objects.cloud.journal(service="s3", caller=OWN_ROLE)
    assert not [call for call in writes if call["operation"].startswith(("Copy", "Put", "Update", "Create"))]
