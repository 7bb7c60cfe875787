"""The journal lists every call that the local cloud received."""

import contextlib
from typing import Any

from botocore.exceptions import ClientError

from localcloud.client.handle import Credentials, LocalCloud


def last(local_cloud: LocalCloud, service: str) -> dict[str, Any]:
    return local_cloud.journal(service=service)[-1]


def test_entry_names_caller_operation_and_resource(
    local_cloud: LocalCloud, user: Credentials, bucket: str
) -> None:
    client = local_cloud.client("s3", user, user_agent_extra="my-tool/1")
    client.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": []})

    entry = last(local_cloud, "s3")

    assert (entry["operation"], entry["resource"], entry["caller"], entry["status"], entry["error"]) == (
        "PutBucketTagging",
        f"arn:aws:s3:::{bucket}",
        "arn:aws:iam::111122223333:user/engineer",
        204,
        "",
    )
    assert (entry["region"], entry["fault"]) == ("us-east-1", False)
    assert "my-tool/1" in entry["user_agent"]


def test_entry_names_the_error(local_cloud: LocalCloud, s3: Any) -> None:
    with contextlib.suppress(ClientError):
        s3.get_bucket_encryption(Bucket="nobody-has-this-bucket")

    assert (last(local_cloud, "s3")["status"], last(local_cloud, "s3")["error"]) == (404, "NoSuchBucket")


def test_entry_names_queue_and_key(local_cloud: LocalCloud, sqs: Any, kms: Any, key_arn: str) -> None:
    url = sqs.create_queue(QueueName="journalled")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    kms.describe_key(KeyId=key_arn)

    assert last(local_cloud, "sqs")["resource"] == "arn:aws:sqs:us-east-1:111122223333:journalled"
    assert last(local_cloud, "kms")["resource"] == key_arn


def test_entry_names_an_injected_fault(local_cloud: LocalCloud, s3: Any) -> None:
    local_cloud.inject_fault("error", "s3", code="Boom")
    with contextlib.suppress(ClientError):
        s3.list_buckets()

    assert (last(local_cloud, "s3")["fault"], last(local_cloud, "s3")["error"]) == (True, "Boom")


def test_journal_since_an_entry_omits_earlier_entries(local_cloud: LocalCloud, s3: Any) -> None:
    mark = local_cloud.journal()[-1]["sequence"]
    s3.list_buckets()

    assert [entry["operation"] for entry in local_cloud.journal(since=mark)] == ["ListBuckets"]


def test_journal_can_be_read_by_caller(local_cloud: LocalCloud, s3: Any) -> None:
    s3.list_buckets()
    local_cloud.client("s3").list_buckets()

    callers = {entry["caller"] for entry in local_cloud.journal(service="s3", caller="*:user/*")}

    assert "arn:aws:iam::111122223333:user/engineer" in callers
    assert "arn:aws:iam::111122223333:root" not in callers
