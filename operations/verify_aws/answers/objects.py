"""Reads and writes of objects, and what S3 answers about their encryption."""

from __future__ import annotations

from typing import Any

from botocore.config import Config

from operations.verify_aws.answers.buckets import CUSTOMER_KEY
from operations.verify_aws.bench import Bench, until
from operations.verify_aws.measurement import Expectation, Measurement, in_a_row, outcome

_CONTENT_DISPOSITION = 'attachment; filename="résumé.txt"'


def under(key: str, **more: Any) -> dict[str, Any]:
    """The parameters of a write under SSE-KMS."""
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key, **more}


def _kms_without_key(bench: Bench) -> str:
    bucket, key = bench.bucket("key"), bench.key("main")
    bench.default(bucket, "aws:kms", key)
    until(
        lambda: bench.s3.put_object(Bucket=bucket, Key="default", Body=b"x"),
        lambda written: written.get("SSEKMSKeyId") == key,
    )
    written = bench.s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms")
    used = bench.kms.describe_key(KeyId=written["SSEKMSKeyId"])["KeyMetadata"]
    return "aws/s3" if used["KeyManager"] == "AWS" else "another key"


def _sse_c_without_key(bench: Bench) -> str:
    bucket = bench.sse_c_bucket("customer")
    where = {"Bucket": bucket, "Key": "k"}
    until(lambda: outcome(lambda: bench.s3.put_object(**where, Body=b"x", **CUSTOMER_KEY)), "accepted".__eq__)
    return in_a_row(
        lambda: bench.s3.head_object(**where),
        lambda: bench.s3.get_object(**where),
        lambda: bench.s3.copy_object(**where, CopySource=where, ServerSideEncryption="AES256"),
    )


def _delete_marker(bench: Bench) -> str:
    bucket = bench.bucket("versions")
    bench.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    where = {"Bucket": bucket, "Key": "k"}
    until(lambda: bench.s3.put_object(**where, Body=b"x"), lambda written: "VersionId" in written)
    marker = bench.s3.delete_object(**where)["VersionId"]
    return in_a_row(
        lambda: bench.s3.head_object(**where),
        lambda: bench.s3.head_object(**where, VersionId=marker),
        lambda: bench.s3.get_object_tagging(**where),
    )


def _version_of_nothing(bench: Bench) -> str:
    bucket = bench.bucket("versions")
    bench.s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    return in_a_row(
        lambda: bench.s3.get_object(Bucket=bucket, Key="k", VersionId="no-version"),
        lambda: bench.s3.get_object(Bucket=bucket, Key="k", ExpectedBucketOwner="1"),
    )


def _suspended(bench: Bench) -> str:
    bucket = bench.bucket("versions")
    for status in ("Enabled", "Suspended"):
        bench.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
    where = {"Bucket": bucket, "Key": "k"}
    until(
        lambda: bench.s3.put_object(**where, Body=b"x"), lambda done: done.get("VersionId", "null") == "null"
    )
    copied = bench.s3.copy_object(**where, CopySource=where, ServerSideEncryption="AES256")
    return str(copied.get("VersionId", "none"))


def _etags(bench: Bench) -> str:
    bucket, key = bench.bucket("etags"), bench.key("main")

    def equal(**encryption: Any) -> str:
        etags = {
            bench.s3.put_object(Bucket=bucket, Key="k", Body=b"x", **encryption)["ETag"] for _ in range(2)
        }
        return "equal" if len(etags) == 1 else "different"

    return f"{equal(ServerSideEncryption='AES256')}, {equal(**under(key))}"


def _text_headers(bench: Bench) -> str:
    bucket = bench.bucket("headers")
    bench.s3.put_object(Bucket=bucket, Key="k", Body=b"x", ContentDisposition=_CONTENT_DISPOSITION)
    shown = bench.s3.head_object(Bucket=bucket, Key="k")["ContentDisposition"]
    return (
        "UTF-8"
        if shown.encode("latin-1", "replace").decode(errors="replace") == _CONTENT_DISPOSITION
        else "other"
    )


def _checksum(bench: Bench) -> str:
    bucket, bare = bench.bucket("checksum"), Config(request_checksum_calculation="when_required")
    client = bench.clients.session.client("s3", region_name=bench.clients.region, config=bare)
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    found = bench.s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    names = [name for name in found if name.startswith("Checksum") and name != "ChecksumType"]
    return f"{', '.join(names) or 'none'}, {found.get('ChecksumType', 'none')}"


def _key_without_kms(bench: Bench) -> str:
    bucket, key = bench.bucket("headers"), bench.key("main")
    return in_a_row(
        lambda: bench.s3.put_object(Bucket=bucket, Key="k", Body=b"x", SSEKMSKeyId=key),
        lambda: bench.s3.put_object(
            Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="AES256", SSEKMSKeyId=key
        ),
    )


def _key_without_digest(bench: Bench) -> str:
    """boto3 always sends the MD5 of a customer's key; here it is taken out before the request is signed."""
    bucket = bench.sse_c_bucket("customer")
    where = {"Bucket": bucket, "Key": "k"}
    until(lambda: outcome(lambda: bench.s3.put_object(**where, Body=b"x", **CUSTOMER_KEY)), "accepted".__eq__)
    event = "before-call.s3.HeadObject"
    bench.s3.meta.events.register(event, _without_digest)
    try:
        return outcome(lambda: bench.s3.head_object(**where, **CUSTOMER_KEY))
    finally:
        bench.s3.meta.events.unregister(event, _without_digest)


def _without_digest(params: dict[str, Any], **_: Any) -> None:
    params["headers"].pop("x-amz-server-side-encryption-customer-key-MD5")


MEASUREMENTS = (
    Measurement(
        Expectation(
            name="kms-without-key",
            fact="C3",
            question="The key of a PutObject with aws:kms and no key, in a bucket whose default names a key",
            expected="aws/s3",
            extra_cost="makes the account's key aws/s3, if there is none; it is free and cannot be removed",
        ),
        _kms_without_key,
    ),
    Measurement(
        Expectation(
            name="sse-c-without-key",
            fact="C5",
            question="HeadObject, GetObject and CopyObject of an object under SSE-C without its key",
            expected="400, InvalidRequest, InvalidRequest",
        ),
        _sse_c_without_key,
    ),
    Measurement(
        Expectation(
            name="delete-marker",
            fact="C39",
            question="HeadObject of a delete marker, of its version, and its tags",
            expected="404, 405, MethodNotAllowed",
        ),
        _delete_marker,
    ),
    Measurement(
        Expectation(
            name="version-of-nothing",
            fact="C39",
            question="A version id in a bucket without versions; an expected owner that is no account",
            expected="InvalidArgument, InvalidBucketOwnerAWSAccountID",
        ),
        _version_of_nothing,
    ),
    Measurement(
        Expectation(
            name="copy-where-versions-are-suspended",
            fact="C39",
            question="The version that CopyObject answers where versioning is suspended",
            expected="null",
        ),
        _suspended,
    ),
    Measurement(
        Expectation(
            name="etags",
            fact="C20",
            question="The ETags of the same bytes written twice, under SSE-S3 and under SSE-KMS",
            expected="equal, different",
        ),
        _etags,
    ),
    Measurement(
        Expectation(
            name="text-headers",
            fact="C37",
            question="How HeadObject sends characters beyond ASCII in Content-Disposition",
            expected="UTF-8",
        ),
        _text_headers,
    ),
    Measurement(
        Expectation(
            name="checksum-of-an-upload-without",
            fact="C40",
            question="The checksum of an object that was uploaded without one",
            expected="ChecksumCRC64NVME, FULL_OBJECT",
        ),
        _checksum,
    ),
    Measurement(
        Expectation(
            name="key-without-kms",
            fact="C40",
            question="PutObject with a key and no algorithm, and with a key and AES256",
            expected="InvalidArgument, InvalidArgument",
        ),
        _key_without_kms,
    ),
    Measurement(
        Expectation(
            name="customer-key-without-digest",
            fact="C38",
            question="HeadObject with a customer's key and without the key's MD5",
            expected="403",
        ),
        _key_without_digest,
    ),
)
