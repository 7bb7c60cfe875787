"""Object-level calls arrive as CloudTrail data events, in the shape of real records."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client.handle import Credentials, LocalCloud

OWN, OTHER = "111122223333", "222222222222"
SSE, KEY_ID = "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
Next = Callable[[str], dict[str, Any]]


@pytest.fixture
def all_logged(trail_events: Any, log_data_events: Callable[..., str]) -> None:
    """Every write to any object is logged; ``next_data_event`` returns its event."""
    log_data_events()


pytestmark = pytest.mark.usefixtures("all_logged")


def object_and_bucket(bucket: str, key: str = "k") -> list[dict[str, str]]:
    return [
        {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/{key}"},
        {"accountId": OWN, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"},
    ]


def test_record_is_a_data_event_of_the_object_and_its_bucket(
    s3: Any, bucket: str, next_data_event: Next
) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    record = next_data_event("PutObject")

    assert (record["eventCategory"], record["managementEvent"], record["readOnly"]) == ("Data", False, False)
    assert record["resources"] == object_and_bucket(bucket)


@pytest.mark.parametrize(
    ("default", "headers", "applied"),
    [
        ("AES256", {}, "Default_SSE_S3"),
        ("aws:kms", {}, "Default_SSE_KMS"),
        ("aws:kms:dsse", {}, "Default_DSSE_KMS"),
        ("aws:kms", {"ServerSideEncryption": "AES256"}, "SSE_S3"),
        ("AES256", {"ServerSideEncryption": "aws:kms"}, "SSE_KMS"),
        ("AES256", {"ServerSideEncryption": "aws:kms:dsse"}, "DSSE_KMS"),
        ("AES256", {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}, "SSE_C"),
    ],
)
def test_sse_applied_shows_type_and_origin(
    s3: Any,
    bucket: str,
    key_arn: str,
    set_default: Callable[..., None],
    next_data_event: Next,
    default: str,
    headers: dict[str, str],
    applied: str,
) -> None:
    set_default(default, key_arn if "kms" in default else None, blocked=["NONE"])
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", **headers)

    assert next_data_event("PutObject")["additionalEventData"]["SSEApplied"] == applied


def test_default_encryption_shows_in_the_response_elements_only(
    s3: Any, versioned_bucket: str, key_arn: str, set_default: Callable[..., None], next_data_event: Next
) -> None:
    set_default("aws:kms", key_arn, bucket_key=True)
    written = s3.put_object(Bucket=versioned_bucket, Key="k", Body=b"x")

    record = next_data_event("PutObject")

    assert record["responseElements"] == {
        SSE: "aws:kms",
        KEY_ID: key_arn,
        "x-amz-version-id": written["VersionId"],
    }
    assert record["requestParameters"].keys() == {"bucketName", "Host", "key"}


def test_headers_show_under_their_own_names_only_when_sent(
    s3: Any, bucket: str, key_arn: str, next_data_event: Next
) -> None:
    s3.put_object(
        Bucket=bucket,
        Key="k",
        Body=b"x",
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId=key_arn,
        SSEKMSEncryptionContext="eyJhIjoiYiJ9",
        StorageClass="STANDARD_IA",
    )

    record = next_data_event("PutObject")

    assert record["requestParameters"] == {
        "bucketName": bucket,
        "Host": record["requestParameters"]["Host"],
        "key": "k",
        SSE: "aws:kms",
        KEY_ID: key_arn,
        f"{SSE}-context": "eyJhIjoiYiJ9",
        "x-amz-storage-class": "STANDARD_IA",
    }
    assert record["responseElements"][f"{SSE}-context"] == "eyJhIjoiYiJ9"


def test_customer_keys_never_show(s3: Any, unblocked_bucket: str, next_data_event: Next) -> None:
    key = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    s3.put_object(Bucket=unblocked_bucket, Key="k", Body=b"x", **key)

    record = next_data_event("PutObject")

    assert record["requestParameters"][f"{SSE}-customer-algorithm"] == "AES256"
    assert record["responseElements"] == {f"{SSE}-customer-algorithm": "AES256"}
    assert "customer-key" not in json.dumps(record)


def test_copy_lists_its_target_before_its_source(s3: Any, bucket: str, next_data_event: Next) -> None:
    s3.put_object(Bucket=bucket, Key="source", Body=b"x")
    s3.copy_object(Bucket=bucket, Key="k", CopySource={"Bucket": bucket, "Key": "source"})

    record = next_data_event("CopyObject")

    source = {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/source"}
    assert record["resources"] == [*object_and_bucket(bucket), source]
    assert record["requestParameters"]["x-amz-copy-source"] == f"{bucket}/source"
    assert record["responseElements"] == {SSE: "AES256"}


def test_only_the_start_of_a_multipart_upload_shows_the_encryption(
    s3: Any, bucket: str, key_arn: str, next_data_event: Next
) -> None:
    upload = s3.create_multipart_upload(
        Bucket=bucket, Key="k", ServerSideEncryption="aws:kms", SSEKMSKeyId=key_arn
    )["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"x")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload=parts)

    begun, completed = next_data_event("CreateMultipartUpload"), next_data_event("CompleteMultipartUpload")

    assert begun["additionalEventData"]["SSEApplied"] == "SSE_KMS"
    assert completed["requestParameters"]["uploadId"] == upload
    assert completed["responseElements"] is None
    assert "SSEApplied" not in completed["additionalEventData"]


def test_update_of_encryption_shows_the_requested_encryption(
    s3: Any, bucket: str, key_arn: str, next_data_event: Next
) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.update_object_encryption(
        Bucket=bucket,
        Key="k",
        ObjectEncryption={"SSEKMS": {"KMSKeyArn": key_arn, "BucketKeyEnabled": True}},
    )

    record = next_data_event("UpdateObjectEncryption")

    assert record["requestParameters"] == {
        "bucketName": bucket,
        "Host": record["requestParameters"]["Host"],
        "key": "k",
        "encryption": "",
        "ObjectEncryption": {
            "xmlns": NAMESPACE,
            "SSE-KMS": {"KMSKeyArn": key_arn, "BucketKeyEnabled": True},
        },
    }


def delete(s3: Any, bucket: str) -> None:
    s3.delete_object(Bucket=bucket, Key="k")


def tag(s3: Any, bucket: str) -> None:
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})


def delete_many(s3: Any, bucket: str) -> None:
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k"}]})


@pytest.mark.parametrize(
    ("act", "name"),
    [(delete, "DeleteObject"), (tag, "PutObjectTagging"), (delete_many, "DeleteObject")],
    ids=["delete", "tag", "delete many"],
)
def test_other_writes_to_objects_are_delivered(
    s3: Any, bucket: str, next_data_event: Next, act: Callable[[Any, str], None], name: str
) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    act(s3, bucket)

    record = next_data_event(name)

    assert (record["requestParameters"]["key"], record["responseElements"]) == ("k", None)
    assert record["resources"] == object_and_bucket(bucket)


def test_delete_objects_is_delivered_before_its_deletions(
    s3: Any, bucket: str, next_data_event: Next
) -> None:
    delete_many(s3, bucket)

    record = next_data_event("DeleteObjects")

    assert record["resources"][0] == {"type": "AWS::S3::Object", "ARNPrefix": f"arn:aws:s3:::{bucket}/"}
    assert "key" not in record["requestParameters"]


def test_failed_write_is_delivered_with_its_error(s3: Any, bucket: str, next_data_event: Next) -> None:
    with pytest.raises(ClientError):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x", IfMatch='"0"')

    record = next_data_event("PutObject")

    assert (record["errorCode"], record["responseElements"]) == ("NoSuchKey", None)
    assert "SSEApplied" not in record["additionalEventData"]


def test_object_key_is_shown_as_given(s3: Any, bucket: str, next_data_event: Next) -> None:
    key = "a b+c%2F/ü.txt"
    s3.put_object(Bucket=bucket, Key=key, Body=b"x")

    record = next_data_event("PutObject")

    assert record["requestParameters"]["key"] == key
    assert record["resources"] == object_and_bucket(bucket, key)


def test_presigned_upload_shows_its_query_without_the_signature(
    local_cloud: LocalCloud, user: Credentials, bucket: str, next_data_event: Next
) -> None:
    s3 = local_cloud.client("s3", user, signature_version="s3v4")
    url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k"})
    urllib.request.urlopen(urllib.request.Request(url, data=b"x", method="PUT")).close()

    record = next_data_event("PutObject")

    assert record["additionalEventData"]["AuthenticationMethod"] == "QueryString"
    assert "X-Amz-Expires" in record["requestParameters"]
    assert not {"X-Amz-Signature", "X-Amz-Credential"} & record["requestParameters"].keys()


@pytest.fixture
def other_root(local_cloud: LocalCloud) -> Credentials:
    return local_cloud.account_root(OTHER)


@pytest.fixture
def other_heard(local_cloud: LocalCloud, other_root: Credentials) -> Iterator[Callable[[], Any]]:
    """The events of object writes that the other account receives through its own trail and rule."""
    cloudtrail = local_cloud.client("cloudtrail", other_root)
    events, sqs = local_cloud.client("events", other_root), local_cloud.client("sqs", other_root)
    url = sqs.create_queue(QueueName="received")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{OTHER}:received"
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    events.put_rule(Name="received", EventPattern=json.dumps({"detail": {"eventName": ["PutObject"]}}))
    events.put_targets(Rule="received", Targets=[{"Id": "queue", "Arn": arn}])
    everything = [
        {"ReadWriteType": "All", "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]}
    ]
    cloudtrail.create_trail(Name="other", S3BucketName="anything")
    cloudtrail.put_event_selectors(TrailName="other", EventSelectors=everything)
    cloudtrail.start_logging(Name="other")
    yield lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5).get("Messages", [])
    cloudtrail.delete_trail(Name="other")
    events.remove_targets(Rule="received", Ids=["queue"])
    events.delete_rule(Name="received")
    sqs.delete_queue(QueueUrl=url)


def test_write_across_accounts_is_delivered_to_both(
    local_cloud: LocalCloud,
    s3: Any,
    bucket: str,
    other_root: Credentials,
    other_heard: Callable[[], Any],
    next_data_event: Next,
) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    s3.put_bucket_policy(
        Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    local_cloud.client("s3", other_root).put_object(Bucket=bucket, Key="k", Body=b"x")

    owners = next_data_event("PutObject")
    [message] = other_heard()
    callers = json.loads(message["Body"])["detail"]

    assert (owners["recipientAccountId"], callers["recipientAccountId"]) == (OWN, OTHER)
    assert (owners["userIdentity"]["accountId"], owners["resources"][1]["accountId"]) == (OTHER, OWN)
    assert owners["sharedEventID"] == callers["sharedEventID"]
    assert owners["eventID"] != callers["eventID"]


def test_form_upload_is_delivered_with_the_object_key_of_its_form(
    s3: Any, bucket: str, next_data_event: Next
) -> None:
    form = s3.generate_presigned_post(bucket, "in/${filename}")
    edge = "----edge"
    fields = "".join(
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in form["fields"].items()
    )
    file = 'Content-Disposition: form-data; name="file"; filename="f.txt"\r\n\r\nx'
    request = urllib.request.Request(
        form["url"],
        data=f"{fields}--{edge}\r\n{file}\r\n--{edge}--\r\n".encode(),
        headers={"Content-Type": f"multipart/form-data; boundary={edge}"},
        method="POST",
    )
    urllib.request.urlopen(request).close()

    record = next_data_event("PostObject")

    assert record["requestParameters"]["key"] == "in/f.txt"
    assert record["additionalEventData"]["SSEApplied"] == "Default_SSE_S3"
    assert "policy" not in record["requestParameters"]
