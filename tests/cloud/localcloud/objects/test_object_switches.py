"""Launch switches for lower limits and for alternative records of object calls."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client.handle import LocalCloud

SWITCHES = (
    "--copy-object-limit",
    "100",
    "--complete-upload-record-shows-encryption",
    "--records-show-bucket-key",
    "--records-url-encode-keys",
    "--update-encryption-record-is-bare",
)
BUCKET = "switched"
BUCKET_KEY = "x-amz-server-side-encryption-bucket-key-enabled"


@pytest.fixture(scope="module")
def other_cloud(cloud_python: str) -> Iterator[LocalCloud]:
    with LocalCloud.start(python=cloud_python, switches=SWITCHES) as cloud:
        cloud.client("s3").create_bucket(Bucket=BUCKET)
        yield cloud


@pytest.fixture(scope="module")
def s3(other_cloud: LocalCloud) -> Any:
    return other_cloud.client("s3")


@pytest.fixture(scope="module")
def key_arn(other_cloud: LocalCloud) -> str:
    return str(other_cloud.client("kms").create_key()["KeyMetadata"]["Arn"])


@pytest.fixture(scope="module")
def queue(other_cloud: LocalCloud) -> str:
    """A queue that receives the event of every write to an object."""
    events, sqs = other_cloud.client("events"), other_cloud.client("sqs")
    cloudtrail = other_cloud.client("cloudtrail")
    url = str(sqs.create_queue(QueueName="received")["QueueUrl"])
    arn = "arn:aws:sqs:us-east-1:111122223333:received"
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    events.put_rule(Name="received", EventPattern=json.dumps({"detail": {"eventCategory": ["Data"]}}))
    events.put_targets(Rule="received", Targets=[{"Id": "queue", "Arn": arn}])
    resource = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}
    selectors = [{"ReadWriteType": "WriteOnly", "DataResources": [resource]}]
    cloudtrail.create_trail(Name="data", S3BucketName=BUCKET)
    cloudtrail.put_event_selectors(TrailName="data", EventSelectors=selectors)
    cloudtrail.start_logging(Name="data")
    return url


@pytest.fixture
def next_record(other_cloud: LocalCloud, queue: str) -> Any:
    """The next record of this name."""
    sqs = other_cloud.client("sqs")

    def find(name: str) -> Any:
        for _ in range(10):
            answer = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1)
            for message in answer.get("Messages", []):
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                record = json.loads(message["Body"])["detail"]
                if record["eventName"] == name:
                    return record
        raise AssertionError(f"no event of {name} arrived")

    return find


def test_copy_object_limit_can_be_lowered(s3: Any) -> None:
    def copy(key: str) -> None:
        s3.copy_object(
            Bucket=BUCKET, Key=key, CopySource={"Bucket": BUCKET, "Key": key}, StorageClass="STANDARD"
        )

    s3.put_object(Bucket=BUCKET, Key="large", Body=b"x" * 101)
    s3.put_object(Bucket=BUCKET, Key="small", Body=b"x" * 100)

    copy("small")
    with pytest.raises(ClientError, match=r"InvalidRequest.*larger than the maximum"):
        copy("large")


def test_object_keys_can_be_url_encoded(s3: Any, next_record: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="dir/a b+ü", Body=b"x")

    record = next_record("PutObject")

    encoded = "dir/a%20b%2B%C3%BC"
    assert record["requestParameters"]["key"] == encoded
    assert record["resources"][0]["ARN"] == f"arn:aws:s3:::{BUCKET}/{encoded}"


def test_response_elements_can_show_the_bucket_key(s3: Any, key_arn: str, next_record: Any) -> None:
    under_key = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_arn, "BucketKeyEnabled": True}
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"x", **under_key)

    assert next_record("PutObject")["responseElements"][BUCKET_KEY] == "true"


def test_completion_can_show_the_encryption(s3: Any, next_record: Any) -> None:
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="k")["UploadId"]
    part = s3.upload_part(Bucket=BUCKET, Key="k", UploadId=upload, PartNumber=1, Body=b"x")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket=BUCKET, Key="k", UploadId=upload, MultipartUpload=parts)

    record = next_record("CompleteMultipartUpload")

    assert record["responseElements"] == {"x-amz-server-side-encryption": "AES256"}


def test_update_can_omit_the_requested_encryption(s3: Any, key_arn: str, next_record: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"x")
    s3.update_object_encryption(Bucket=BUCKET, Key="k", ObjectEncryption={"SSEKMS": {"KMSKeyArn": key_arn}})

    assert next_record("UpdateObjectEncryption")["requestParameters"].keys() == {"bucketName", "Host", "key"}
