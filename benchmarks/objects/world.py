"""Objects in one bucket, and the events of their writes."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from benchmarks.objects.json_answers import KEY_ARN, QUEUE_URL, TOPIC_ARN
from benchmarks.world import COMPLIANT, REPOSITORY, Client, World, configuration, reseal_settings

BUCKET = "reseal-bench-objects"
STAND_IN = World(key_arn=KEY_ARN, topic_arn=TOPIC_ARN)
"""What the stand-in for AWS answers with."""

_EVENTS = REPOSITORY / "events"
_VIOLATING_EVENT = _EVENTS / "put_object_default_sse_s3.json"
_BUCKET_OF_EVENT, _ACCOUNT_OF_EVENT = "reseal-example-payroll", "111122223333"
_KEY_OF_EVENT = "2026/11/salaries.csv"


def make_bucket_and_queue(client: Client, world: World) -> None:
    """Create a bucket with ACLs disabled, as S3 does today, and a compliant default; and the lane's queue."""
    s3 = client("s3")
    s3.create_bucket(Bucket=BUCKET, ObjectOwnership="BucketOwnerEnforced")
    compliant = configuration(world, COMPLIANT)
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration=compliant)
    client("sqs").create_queue(QueueName=QUEUE_URL.rpartition("/")[2])


def put_objects(s3: Any, world: World, state: str, keys: Sequence[str]) -> None:
    """Write the objects with the headers that a client sends today."""
    encryption = {"ServerSideEncryption": "AES256"}
    if state == COMPLIANT:
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": world.key_arn}
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x" * 1000, ContentType="text/csv", **encryption)


def is_compliant(s3: Any, world: World, key: str) -> bool:
    """Whether the object is under the key. moto returns the key as it was sent, S3 the ARN."""
    head = s3.head_object(Bucket=BUCKET, Key=key)
    named = head.get("SSEKMSKeyId", "").rpartition("/")[2]
    return "kms" in head["ServerSideEncryption"] and named == world.key_arn.rpartition("/")[2]


def an_event(world: World, state: str, key: str, *, actor: str, bucket: str = BUCKET) -> dict[str, Any]:
    """A new write event as EventBridge delivers it, with its own id.

    The record of a compliant PutObject never reaches the function; that of a multipart completion does,
    because it does not show the encryption (A21).
    """
    text = _VIOLATING_EVENT.read_text().replace(_KEY_OF_EVENT, key).replace("user/maria", f"user/{actor}")
    text = text.replace(_BUCKET_OF_EVENT, bucket).replace(_ACCOUNT_OF_EVENT, world.account)
    event: dict[str, Any] = json.loads(text)
    detail = event["detail"]
    detail["eventID"] = str(uuid.uuid4())
    detail["eventTime"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if state == COMPLIANT:
        detail |= {"eventName": "CompleteMultipartUpload", "responseElements": None}
    return event


def notification_of(keys: Sequence[str]) -> dict[str, Any]:
    """S3's own notification of the same writes, for Cloud Custodian's s3crypt."""
    records = [
        {
            "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": BUCKET}, "object": {"key": key, "size": 1000, "eTag": "0" * 32}},
        }
        for key in keys
    ]
    return {"Records": records}


def object_settings(world: World, *, required: str = "SSE-KMS") -> Mapping[str, str]:
    """The variables of the deployed object function, as the template's defaults have them."""
    return {
        **reseal_settings(world),
        "REQUIRED_ENCRYPTION": required,
        "REENCRYPTION_METHOD": "copy",
        "MULTIPART_COPY_LIMIT_GIB": "50",
        "EXEMPT_LOG_DELIVERIES": "true",
        "QUEUE_URL": QUEUE_URL,
        "OBJECT_SCOPE": "*",
    }
