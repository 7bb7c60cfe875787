"""The calls that users make on objects in the scenes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from demo.world import World

Act = Callable[[Any, World], None]

MANY = tuple(f"2026-11-23/{number:02}.csv" for number in range(1, 41))
FILM = {
    "storage class": "STANDARD_IA",
    "type": "video/mp4",
    "cache": "max-age=600",
    "metadata": "director=ines take=3",
    "tags": "retain=1y team=web",
}
"""The properties of the object that `put_in_parts` uploads; the auditor must find them afterwards."""
_PART = 5 * 1024 * 1024  # S3's minimum for every part but the last
_PATIENCE_SECONDS = 20.0


def put(bucket: str, key: str, content: str, **more: Any) -> Act:
    """Upload with SSE-S3, whatever the bucket's default is."""
    asked = {"ServerSideEncryption": "AES256", **more}
    return lambda s3, world: s3.put_object(Bucket=bucket, Key=key, Body=content.encode(), **asked)


def put_under(name_of_key: str, bucket: str, key: str, content: str) -> Act:
    """Upload under one of the world's keys."""

    def act(s3: Any, world: World) -> None:
        more = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": getattr(world, name_of_key)}
        s3.put_object(Bucket=bucket, Key=key, Body=content.encode(), **more)

    return act


def put_in_parts(s3: Any, world: World) -> None:
    """A large file, as the AWS CLI uploads it, with every property that a plain CopyObject would lose."""
    place = {"Bucket": "media", "Key": "film.mp4"}
    upload = s3.create_multipart_upload(
        **place,
        ServerSideEncryption="AES256",
        Tagging="team=web&retain=1y",
        Metadata={"director": "ines", "take": "3"},
        ContentType="video/mp4",
        CacheControl="max-age=600",
        StorageClass="STANDARD_IA",
    )
    place["UploadId"] = upload["UploadId"]
    contents = (b"f" * _PART, b"the end")
    parts = [
        {"PartNumber": n, "ETag": s3.upload_part(**place, PartNumber=n, Body=content)["ETag"]}
        for n, content in enumerate(contents, 1)
    ]
    s3.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})


def overwrite_during_copy(s3: Any, world: World) -> None:
    """Write an object, and write it again just before Reseal copies the first version.

    The local cloud delays Reseal's CopyObject by one second, after Reseal has read the object.
    """
    rule = {"caller": "*EnforceObjectRole*", "resource": "*drafts*", "seconds": 1.0}
    fault = world.cloud.inject_fault("delay", "s3", "CopyObject", **rule)
    place = {"Bucket": "drafts", "Key": "speech.txt", "ServerSideEncryption": "AES256"}
    s3.put_object(**place, Body=b"first draft")
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not any(f["id"] == fault and f["hits"] for f in world.cloud.faults()):
        if time.monotonic() > deadline:
            break  # the verdict then reports the scene as wrong
        time.sleep(0.02)
    s3.put_object(**place, Body=b"second draft")


def write_under_sse_c(s3: Any, world: World) -> None:
    """Unblock SSE-C, and at once write an object that only its writer can read, as a script does.

    Reseal sees the object first: the bucket's event waits for the settle time.
    """
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": world.key}
    rule = {
        "ApplyServerSideEncryptionByDefault": default,
        "BucketKeyEnabled": True,
        "BlockedEncryptionTypes": {"EncryptionType": ["NONE"]},
    }
    s3.put_bucket_encryption(Bucket="payroll", ServerSideEncryptionConfiguration={"Rules": [rule]})
    secret = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    s3.put_object(Bucket="payroll", Key="2026-11.csv", Body=b"name,salary", **secret)


def put_many(s3: Any, world: World) -> None:
    """A nightly export whose code requests SSE-S3."""
    for key in MANY:
        s3.put_object(Bucket="exports", Key=key, Body=b"a,b\n1,2\n", ServerSideEncryption="AES256")


def put_compliant(s3: Any, world: World) -> None:
    """One write under the bucket's default, one under the team's own key."""
    s3.put_object(Bucket="ledgers", Key="2026.csv", Body=b"account,amount")
    put_under("team_key", "ledgers", "2027.csv", "account,plan")(s3, world)
