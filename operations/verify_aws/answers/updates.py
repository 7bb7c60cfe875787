"""UpdateObjectEncryption: what it takes, what it keeps, which rights it needs; and the rights on a key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from operations.verify_aws.answers.buckets import CUSTOMER_KEY
from operations.verify_aws.answers.objects import under
from operations.verify_aws.bench import Bench, Statement, allow, until
from operations.verify_aws.measurement import ACCEPTED, Expectation, Measurement, in_a_row, outcome

_USE = ("kms:GenerateDataKey*", "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*")
_ON_OBJECTS = ("s3:PutObject", "s3:UpdateObjectEncryption", "s3:GetObject")


def _update(s3: Any, where: dict[str, str], key: str) -> Any:
    return s3.update_object_encryption(**where, ObjectEncryption={"SSEKMS": {"KMSKeyArn": key}})


def _written(bench: Bench, **more: Any) -> dict[str, str]:
    where = {"Bucket": bench.bucket("update"), "Key": "k"}
    bench.s3.put_object(**where, Body=b"x", **more)
    return where


def _sources(bench: Bench) -> str:
    key, second = bench.key("main"), bench.key("second")
    customer = {"Bucket": bench.sse_c_bucket("update"), "Key": "k"}
    until(
        lambda: outcome(lambda: bench.s3.put_object(**customer, Body=b"x", **CUSTOMER_KEY)), ACCEPTED.__eq__
    )
    places = (
        _written(bench, ServerSideEncryption="AES256"),
        _written(bench, **under(second)),
        _written(bench, ServerSideEncryption="aws:kms:dsse", SSEKMSKeyId=second),
        customer,
    )
    return in_a_row(*(lambda where=where: _update(bench.s3, where, key) for where in places))


def _kept(bench: Bench) -> str:
    where = _written(bench, Metadata={"team": "x"})
    before = bench.s3.head_object(**where)
    _update(bench.s3, where, bench.key("main"))
    after = bench.s3.head_object(**where)
    same = all(before[name] == after[name] for name in ("ETag", "LastModified", "Metadata"))
    return "kept" if same and after["ServerSideEncryption"] == "aws:kms" else "changed"


def _locked(bench: Bench) -> str:
    where = {"Bucket": bench.bucket("locked", ObjectLockEnabledForBucket=True), "Key": "k"}
    bench.s3.put_object(**where, Body=b"x", ObjectLockLegalHoldStatus="ON", ChecksumAlgorithm="CRC32")
    return outcome(lambda: _update(bench.s3, where, bench.key("main")))


def _key_names(bench: Bench) -> str:
    key, where = bench.key("main"), _written(bench)
    return outcome(lambda: _update(bench.s3, where, key.rpartition("/")[2]))


def _managed_key(bench: Bench) -> str:
    where = _written(bench)
    managed = bench.s3.put_object(
        Bucket=where["Bucket"], Key="managed", Body=b"x", ServerSideEncryption="aws:kms"
    )
    return outcome(lambda: _update(bench.s3, where, managed["SSEKMSKeyId"]))


def _rights(bench: Bench) -> str:
    """With all rights; without one of the two on the object; without any on the old key."""
    old, new = bench.key("second"), bench.key("main")
    all_objects, on_keys = allow(*_ON_OBJECTS), allow(*_USE)

    def update(*statements: Statement) -> Callable[[], object]:
        where = _written(bench, **under(old))
        return lambda: _update(bench.limited(*statements)("s3"), where, new)

    return in_a_row(
        update(all_objects, on_keys),
        update(allow("s3:UpdateObjectEncryption", "s3:GetObject"), on_keys),
        update(allow("s3:PutObject", "s3:GetObject"), on_keys),
        update(all_objects, allow(*_USE, resource=new)),
    )


def _through_s3(bench: Bench) -> str:
    """Rights on keys that hold only for calls through S3, then a call to KMS itself."""
    key, where = bench.key("main"), _written(bench)
    through = {
        "StringEquals": {
            "kms:ViaService": f"s3.{bench.clients.region}.amazonaws.com",
            "kms:CallerAccount": bench.clients.account,
        }
    }
    limited = bench.limited(allow(*_ON_OBJECTS), allow(*_USE, Condition=through))
    return in_a_row(
        lambda: limited("s3").put_object(Bucket=where["Bucket"], Key="put", Body=b"x", **under(key)),
        lambda: limited("s3").get_object(Bucket=where["Bucket"], Key="put"),
        lambda: _update(limited("s3"), where, key),
        lambda: limited("kms").generate_data_key(KeyId=key, KeySpec="AES_256"),
    )


MEASUREMENTS = (
    Measurement(
        Expectation(
            name="sources-of-an-update",
            fact="D2",
            question="UpdateObjectEncryption from SSE-S3, SSE-KMS, DSSE-KMS and SSE-C",
            expected="accepted, accepted, InvalidRequest, InvalidRequest",
        ),
        _sources,
    ),
    Measurement(
        Expectation(
            name="kept-by-an-update",
            fact="D3",
            question="ETag, LastModified and metadata after UpdateObjectEncryption",
            expected="kept",
        ),
        _kept,
    ),
    Measurement(
        Expectation(
            name="update-under-a-legal-hold",
            fact="D5",
            question="UpdateObjectEncryption of an object under legal hold",
            expected="AccessDenied",
        ),
        _locked,
    ),
    Measurement(
        Expectation(
            name="update-by-key-id",
            fact="D6",
            question="UpdateObjectEncryption with a key's id instead of its ARN",
            expected="InvalidRequest",
        ),
        _key_names,
    ),
    Measurement(
        Expectation(
            name="update-to-the-managed-key",
            fact="D7",
            question="UpdateObjectEncryption with the ARN of aws/s3",
            expected="accepted",
        ),
        _managed_key,
    ),
    Measurement(
        Expectation(
            name="rights-of-an-update",
            fact="D8",
            question="UpdateObjectEncryption with all rights, without s3:PutObject, without "
            "s3:UpdateObjectEncryption, without rights on the old key",
            expected="accepted, AccessDenied, AccessDenied, AccessDenied",
        ),
        _rights,
    ),
    Measurement(
        Expectation(
            name="keys-only-through-s3",
            fact="F12",
            question="PutObject, GetObject, UpdateObjectEncryption and a call to KMS itself, where keys may "
            "be used through S3 only and no grants made",
            expected="accepted, accepted, accepted, AccessDeniedException",
        ),
        _through_s3,
    ),
)
