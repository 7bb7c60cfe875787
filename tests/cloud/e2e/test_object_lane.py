"""The object lane of the deployed stack: an IAM user writes objects, and the stack answers."""

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
def watching(built: Path) -> Iterator[Deployment]:
    with deployed(ObjectBuckets="*") as deployment:
        yield deployment


@pytest.fixture(scope="module")
def reporting(built: Path) -> Iterator[Deployment]:
    with deployed(ObjectBuckets="*", ObjectEncryptionMode="detect", AlertWindowSeconds=0) as deployment:
        yield deployment


def written(
    deployment: Deployment, bucket: str, key: str, act: Callable[[], Any], call: str = "PutObject"
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Run `act`, wait until the lane has handled it; the object as the user sees it, and its findings."""
    _, _ = deployment.after(act, bucket, call)
    findings = [f for f in deployment.arrivals.findings if f["resource"]["name"] == f"{bucket}/{key}"]
    return dict(deployment.s3.head_object(Bucket=bucket, Key=key)), findings


def test_object_under_sse_s3_is_re_encrypted_and_keeps_what_it_had(watching: Deployment) -> None:
    bucket, key = watching.bucket(), "reports/März 1+2%.csv"

    def act() -> None:
        watching.s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=b"1;2;3",
            ServerSideEncryption="AES256",
            ContentType="text/csv",
            CacheControl="no-cache",
            Metadata={"team": "pay"},
            Tagging="class=internal",
            StorageClass="STANDARD_IA",
            ChecksumAlgorithm="SHA256",
        )

    after, (finding,) = written(watching, bucket, key, act)
    assert (after["ServerSideEncryption"], after["SSEKMSKeyId"]) == ("aws:kms", watching.key)
    assert (after["ContentType"], after["CacheControl"], after["Metadata"]) == (
        "text/csv",
        "no-cache",
        {"team": "pay"},
    )
    assert (after["StorageClass"], after["TagCount"]) == ("STANDARD_IA", 1)
    assert watching.s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"1;2;3"
    assert (finding["check"], finding["severity"], finding["status"]) == (OBJECTS, "MEDIUM", "REMEDIATED")
    assert (finding["action"], finding["before"]["algorithm"]) == ("CopyObject", "AES256")


def test_compliant_write_starts_no_function(watching: Deployment) -> None:
    bucket = watching.bucket()
    before = watching.arrivals.starts["ObjectFunctionLogs"]
    watching.s3.put_object(Bucket=bucket, Key="right.csv", Body=b"1")  # the bucket's default is K
    written(watching, bucket, "wrong.csv", lambda: _put(watching, bucket, "wrong.csv"))

    assert watching.arrivals.starts["ObjectFunctionLogs"] == before + 1


def _put(deployment: Deployment, bucket: str, key: str, s3: Any = None, **how: Any) -> None:
    plain = {"Bucket": bucket, "Key": key, "Body": b"1", "ServerSideEncryption": "AES256"}
    (s3 or deployment.s3).put_object(**(plain | how))


def test_versioned_object_is_changed_in_place_and_stays_the_same_version(watching: Deployment) -> None:
    bucket = watching.bucket()
    watching.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

    after, (finding,) = written(watching, bucket, "a.csv", lambda: _put(watching, bucket, "a.csv"))

    assert after["SSEKMSKeyId"] == watching.key
    assert finding["action"] == "UpdateObjectEncryption"
    assert len(watching.s3.list_object_versions(Bucket=bucket)["Versions"]) == 1
    assert finding["resource"]["version_id"] == after["VersionId"]


def test_multipart_upload_is_judged_by_what_s3_shows(watching: Deployment) -> None:
    bucket = watching.bucket()

    def act() -> None:
        begun = watching.s3.create_multipart_upload(
            Bucket=bucket, Key="big.bin", ServerSideEncryption="AES256", Tagging="a=b", Metadata={"m": "1"}
        )
        name = {"Bucket": bucket, "Key": "big.bin", "UploadId": begun["UploadId"]}
        part = watching.s3.upload_part(**name, PartNumber=1, Body=b"x" * 100)
        parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
        watching.s3.complete_multipart_upload(**name, MultipartUpload=parts)

    after, (finding,) = written(watching, bucket, "big.bin", act, "CompleteMultipartUpload")
    assert after["SSEKMSKeyId"] == watching.key
    assert (after["Metadata"], after["TagCount"]) == ({"m": "1"}, 1)
    assert finding["status"] == "REMEDIATED"


def test_key_of_another_account_that_admits_us_is_replaced_as_critical(watching: Deployment) -> None:
    bucket, s3, foreign = watching.bucket(), _writer_with_keys(watching), _foreign_key(watching)
    under_it = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": foreign}

    def act() -> None:
        _put(watching, bucket, "a.csv", s3, **under_it)

    after, (finding,) = written(watching, bucket, "a.csv", act)
    assert after["SSEKMSKeyId"] == watching.key
    assert (finding["severity"], finding["status"]) == ("CRITICAL", "REMEDIATED")


def test_somebodys_copy_under_a_key_that_is_not_approved_is_found(watching: Deployment) -> None:
    bucket, s3, foreign = watching.bucket(), _writer_with_keys(watching), _foreign_key(watching)
    s3.put_object(Bucket=bucket, Key="a.csv", Body=b"1")

    def act() -> None:
        s3.copy_object(
            Bucket=bucket,
            Key="a.csv",
            CopySource={"Bucket": bucket, "Key": "a.csv"},
            ServerSideEncryption="aws:kms",
            SSEKMSKeyId=foreign,
        )

    after, (finding,) = written(watching, bucket, "a.csv", act, "CopyObject")
    assert (after["SSEKMSKeyId"], finding["severity"]) == (watching.key, "CRITICAL")


def _writer_with_keys(deployment: Deployment) -> Any:
    """A user who may use keys of other accounts, where these admit him."""
    allow = {"Effect": "Allow", "Action": ["s3:*", "kms:*"], "Resource": "*"}
    name = f"writer-{uuid.uuid4().hex[:6]}"
    user = deployment.cloud.create_user(name, {"Version": "2012-10-17", "Statement": [allow]})
    return deployment.cloud.client("s3", user)


def _foreign_key(deployment: Deployment) -> str:
    allow = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
    kms = deployment.cloud.client("kms", deployment.cloud.account_root(OTHER_ACCOUNT))
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    return str(kms.create_key(Policy=policy)["KeyMetadata"]["Arn"])


def test_own_writes_are_never_events_of_work(watching: Deployment) -> None:
    bucket = watching.bucket()

    written(watching, bucket, "a.csv", lambda: _put(watching, bucket, "a.csv"))

    assert not [line for line in watching.arrivals.lines if "EnforceObjectRole" in line.get("actor", "")]


def test_poison_among_good_messages_ends_in_the_dead_letters_alone(watching: Deployment) -> None:
    bucket, sqs = watching.bucket(), watching.cloud.client("sqs")
    queue = watching.stack.outputs["ObjectQueueUrl"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "3"})

    def act() -> None:
        sqs.send_message(QueueUrl=queue, MessageBody="{")
        _put(watching, bucket, "a.csv")

    after, (finding,) = written(watching, bucket, "a.csv", act)
    dead = _wait_for_dead_letter(watching)

    assert (after["SSEKMSKeyId"], finding["status"]) == (watching.key, "REMEDIATED")
    assert dead == ["{"]


def _wait_for_dead_letter(deployment: Deployment) -> list[str]:
    sqs, queue = deployment.cloud.client("sqs"), deployment.stack.outputs["ObjectDeadLetterQueueUrl"]
    for _ in range(60):
        if messages := sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages"):
            return [message["Body"] for message in messages]
    return []


def test_stack_that_only_reports_writes_nothing(reporting: Deployment) -> None:
    bucket = reporting.bucket()

    after, (finding,) = written(reporting, bucket, "a.csv", lambda: _put(reporting, bucket, "a.csv"))

    assert after["ServerSideEncryption"] == "AES256"
    assert finding["status"] == "DETECTED"
    writes = reporting.cloud.journal(service="s3", caller=OWN_ROLE)
    assert not [call for call in writes if call["operation"].startswith(("Copy", "Put", "Update", "Create"))]
