"""The floors: only the calls, made one after the other with a warm client and no other work."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.objects.json_answers import QUEUE_URL
from benchmarks.objects.world import BUCKET
from benchmarks.world import ACCOUNT, TABLE, World

HEAD, HEAD_COPY, SAME_CALLS = "head", "head+copy", "same calls"
IN_PARTS, MANAGED_COPY = "in parts", "managed copy"
BARE_CALLS = frozenset({HEAD, HEAD_COPY, SAME_CALLS, IN_PARTS, MANAGED_COPY})
_ENTRY_BYTES, _READ_AT_ONCE = 1500, 25
_SIZE, _PART = 64 << 20, 5 << 20

Stage = Callable[[Sequence[str]], Callable[[], None]]


def load_bare(calls: str, world: World) -> Stage:
    """One of the floors."""
    import boto3  # noqa: PLC0415  # importing it may be part of what is measured

    floor = Floor(boto3.Session(), world)
    act = {
        HEAD: floor.head,
        HEAD_COPY: floor.head_and_copy,
        SAME_CALLS: floor.same_calls,
        IN_PARTS: floor.in_parts,
        MANAGED_COPY: floor.managed_copy,
    }[calls]
    return lambda keys: lambda: act(keys)


class Floor:
    """Warm clients."""

    def __init__(self, session: Any, world: World) -> None:
        self._s3, self._dynamodb = session.client("s3"), session.client("dynamodb")
        self._sns, self._sqs = session.client("sns"), session.client("sqs")
        self._world = world
        self._encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": world.key_arn}

    def head(self, keys: Sequence[str]) -> None:
        """HeadObject for each."""
        for key in keys:
            self._s3.head_object(Bucket=BUCKET, Key=key)

    def head_and_copy(self, keys: Sequence[str]) -> None:
        """HeadObject for each, then CopyObject onto itself."""
        for key in keys:
            self._s3.head_object(Bucket=BUCKET, Key=key)
            self._copy(key)

    def same_calls(self, keys: Sequence[str]) -> None:
        """Reseal's calls for a batch whose finding opens a new alert window."""
        for key in keys:
            self._s3.head_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED", ExpectedBucketOwner=ACCOUNT)
        self._read_items(len(keys))
        self._write_items(len(keys))
        for key in keys:
            self._copy(key)
            self._s3.head_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED", ExpectedBucketOwner=ACCOUNT)
        self._write_items(2 * len(keys))  # the entries, and that they are the last repairs
        self._read_items(1)  # the alert window
        self._sqs.send_message(QueueUrl=QUEUE_URL, DelaySeconds=900, MessageBody="{}")
        self._write_items(1)
        self._sns.publish(TopicArn=self._world.topic_arn, Message=json.dumps({"finding": "x" * _ENTRY_BYTES}))
        self._read_items(1)
        self._write_items(1)

    def in_parts(self, keys: Sequence[str]) -> None:
        """One large object, one part after the other."""
        (key,) = keys
        head = self._s3.head_object(Bucket=BUCKET, Key=key)
        upload = {"Bucket": BUCKET, "Key": key}
        created = self._s3.create_multipart_upload(**upload, **self._encryption)
        upload["UploadId"] = created["UploadId"]
        parts = []
        for number, first in enumerate(range(0, _SIZE, _PART), start=1):
            copied = self._s3.upload_part_copy(
                **upload,
                PartNumber=number,
                CopySource={"Bucket": BUCKET, "Key": key},
                CopySourceIfMatch=head["ETag"],
                CopySourceRange=f"bytes={first}-{min(first + _PART, _SIZE) - 1}",
            )
            parts.append({"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]})
        self._s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})

    def managed_copy(self, keys: Sequence[str]) -> None:
        """One large object by boto3's own `copy`, with its default of ten parts at once."""
        from boto3.s3.transfer import TransferConfig  # noqa: PLC0415  # with boto3

        (key,) = keys
        self._s3.copy(
            {"Bucket": BUCKET, "Key": key},
            BUCKET,
            key,
            ExtraArgs=self._encryption,
            Config=TransferConfig(multipart_threshold=_PART, multipart_chunksize=_PART),
        )

    def _copy(self, key: str) -> None:
        self._s3.copy_object(
            Bucket=BUCKET, Key=key, CopySource={"Bucket": BUCKET, "Key": key}, **self._encryption
        )

    def _read_items(self, count: int) -> None:
        gets = [{"TableName": TABLE, "Key": {"id": {"S": str(uuid.uuid4())}}} for _ in range(count)]
        if count == 1:
            self._dynamodb.get_item(**gets[0], ConsistentRead=True)
            return
        for start in range(0, count, _READ_AT_ONCE):
            chunk = gets[start : start + _READ_AT_ONCE]
            self._dynamodb.transact_get_items(TransactItems=[{"Get": get} for get in chunk])

    def _write_items(self, count: int) -> None:
        puts = [
            {"TableName": TABLE, "Item": {"id": {"S": str(uuid.uuid4())}, "entry": {"S": "x" * _ENTRY_BYTES}}}
            for _ in range(count)
        ]
        if count == 1:
            self._dynamodb.put_item(**puts[0])
        else:
            self._dynamodb.transact_write_items(TransactItems=[{"Put": put} for put in puts])
