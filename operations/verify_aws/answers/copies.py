"""Copies of an object onto itself, their conditions, and what they keep."""

from __future__ import annotations

from typing import Any

from operations.verify_aws.answers.objects import under
from operations.verify_aws.bench import Bench
from operations.verify_aws.measurement import Expectation, Measurement, in_a_row

_OTHER_ETAG = '"00000000000000000000000000000000"'
_SSE_S3 = {"ServerSideEncryption": "AES256"}


def _onto_itself(bench: Bench) -> str:
    where = _written(bench)
    return in_a_row(
        lambda: bench.s3.copy_object(**where, CopySource=where),
        lambda: bench.s3.copy_object(**where, CopySource=where, **_SSE_S3),
        lambda: bench.s3.copy_object(**where, CopySource=where, StorageClass="STANDARD"),
    )


def _conditions(bench: Bench) -> str:
    where = _written(bench)
    etag = bench.s3.head_object(**where)["ETag"]

    def copy(key: str = "k", **conditions: Any) -> Any:
        target = {"Bucket": where["Bucket"], "Key": key}
        return bench.s3.copy_object(**target, CopySource=where, **_SSE_S3, **conditions)

    return in_a_row(
        lambda: copy(IfMatch=etag),
        lambda: copy(IfMatch=_OTHER_ETAG),
        lambda: copy("none", IfMatch=etag),
        lambda: copy(CopySourceIfMatch=_OTHER_ETAG),
    )


def _properties(bench: Bench) -> str:
    where = _written(bench, StorageClass="STANDARD_IA", Metadata={"team": "x"}, Tagging="team=x")
    bench.s3.copy_object(**where, CopySource=where, **under(bench.key("main")))
    found = bench.s3.head_object(**where)
    tags = bench.s3.get_object_tagging(**where)["TagSet"]
    kept = {
        "metadata": found["Metadata"] == {"team": "x"},
        "tags": tags == [{"Key": "team", "Value": "x"}],
        "class": found.get("StorageClass") == "STANDARD_IA",
    }
    return ", ".join(f"{name} {'kept' if same else 'lost'}" for name, same in kept.items())


def _checksum_of_parts(bench: Bench) -> str:
    where = {"Bucket": bench.bucket("copy"), "Key": "k"}
    began = bench.s3.create_multipart_upload(**where, ChecksumAlgorithm="SHA256")
    upload = {**where, "UploadId": began["UploadId"]}
    part = bench.s3.upload_part(**upload, PartNumber=1, Body=b"x", ChecksumAlgorithm="SHA256")
    parts = [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumSHA256": part["ChecksumSHA256"]}]
    bench.s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    types = [_checksum_type(bench, where)]
    bench.s3.copy_object(**where, CopySource=where, **_SSE_S3)
    return ", ".join([*types, _checksum_type(bench, where)])


def _checksum_type(bench: Bench, where: dict[str, str]) -> str:
    found = bench.s3.head_object(**where, ChecksumMode="ENABLED")
    algorithm = "SHA256" if "ChecksumSHA256" in found else "another"
    return f"{algorithm} {found.get('ChecksumType', 'none')}"


def _written(bench: Bench, **more: Any) -> dict[str, str]:
    where = {"Bucket": bench.bucket("copy"), "Key": "k"}
    bench.s3.put_object(**where, Body=b"x", **more)
    return where


MEASUREMENTS = (
    Measurement(
        Expectation(
            name="copy-onto-itself",
            fact="C2",
            question="A copy onto itself with no change, with the same encryption, with the same class",
            expected="InvalidRequest, accepted, accepted",
        ),
        _onto_itself,
    ),
    Measurement(
        Expectation(
            name="conditions-of-a-copy",
            fact="C18",
            question="IfMatch with the ETag, with another, where there is no object; CopySourceIfMatch "
            "with another",
            expected="accepted, PreconditionFailed, NoSuchKey, PreconditionFailed",
        ),
        _conditions,
    ),
    Measurement(
        Expectation(
            name="properties-of-a-copy",
            fact="C35",
            question="What a copy keeps unless something is sent",
            expected="metadata kept, tags kept, class lost",
            extra_cost="an object of one byte in STANDARD_IA, billed as 128 KB for 30 days",
        ),
        _properties,
    ),
    Measurement(
        Expectation(
            name="checksum-of-a-copy",
            fact="C35",
            question="The checksum of an object with one of its parts, before and after a copy",
            expected="SHA256 COMPOSITE, SHA256 FULL_OBJECT",
        ),
        _checksum_of_parts,
    ),
)
