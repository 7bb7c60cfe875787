"""Headers with text beyond ASCII: S3 returns the bytes of UTF-8, which botocore reads as Latin-1."""

from collections.abc import Callable
from typing import Any

import pytest

Write = Callable[..., Any]
TEXTS = ["Prüfung", "naïve café", "請求書.pdf", "🔒", "plain"]
PROPERTIES = {
    "CacheControl": "max-age=7, note={}",
    "ContentDisposition": 'attachment; filename="{}"',
    "ContentEncoding": "{}",
    "ContentLanguage": "{}",
    "ContentType": "text/{}",
    "WebsiteRedirectLocation": "/{}",
}


def as_botocore_reads(text: str) -> str:
    return text.encode().decode("latin-1")


def put(s3: Any, bucket: str, **properties: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", **properties)


def upload(s3: Any, bucket: str, **properties: str) -> None:
    begun = s3.create_multipart_upload(Bucket=bucket, Key="k", **properties)["UploadId"]
    part = {"Bucket": bucket, "Key": "k", "UploadId": begun}
    etag = s3.upload_part(PartNumber=1, Body=b"x", **part)["ETag"]
    s3.complete_multipart_upload(MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]}, **part)


def copy(s3: Any, bucket: str, **properties: str) -> None:
    s3.put_object(Bucket=bucket, Key="source", Body=b"x")
    source = {"Bucket": bucket, "Key": "source"}
    s3.copy_object(Bucket=bucket, Key="k", CopySource=source, MetadataDirective="REPLACE", **properties)


def copy_keeping(s3: Any, bucket: str, **properties: str) -> None:
    redirect = {name: properties.pop(name) for name in ("WebsiteRedirectLocation",) if name in properties}
    s3.put_object(Bucket=bucket, Key="source", Body=b"x", **properties)
    s3.copy_object(Bucket=bucket, Key="k", CopySource={"Bucket": bucket, "Key": "source"}, **redirect)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("write", [put, upload, copy, copy_keeping])
def test_text_of_every_header_comes_back_as_bytes_of_utf_8(
    s3: Any, bucket: str, write: Write, text: str
) -> None:
    sent = {name: form.format(text) for name, form in PROPERTIES.items()}
    write(s3, bucket, **sent)

    for read in (s3.head_object, s3.get_object):
        found = read(Bucket=bucket, Key="k")
        assert {name: found[name] for name in sent} == {
            name: as_botocore_reads(value) for name, value in sent.items()
        }


def test_text_that_is_sent_on_as_it_was_read_is_damaged(s3: Any, bucket: str) -> None:
    put(s3, bucket, ContentDisposition="Prüfung")
    read = s3.head_object(Bucket=bucket, Key="k")["ContentDisposition"]

    put(s3, bucket, ContentDisposition=read)

    found = s3.head_object(Bucket=bucket, Key="k")["ContentDisposition"]
    assert found == as_botocore_reads(as_botocore_reads("Prüfung"))


def test_text_that_is_sent_on_in_its_bytes_is_kept(s3: Any, versioned_bucket: str) -> None:
    put(s3, versioned_bucket, ContentDisposition="Prüfung")
    read = s3.head_object(Bucket=versioned_bucket, Key="k")["ContentDisposition"]

    put(s3, versioned_bucket, ContentDisposition=read.encode("latin-1").decode())

    assert s3.head_object(Bucket=versioned_bucket, Key="k")["ContentDisposition"] == read


def test_header_of_an_older_version_comes_back_as_bytes_of_utf_8(s3: Any, versioned_bucket: str) -> None:
    put(s3, versioned_bucket, ContentDisposition="Prüfung")
    version = s3.head_object(Bucket=versioned_bucket, Key="k")["VersionId"]
    put(s3, versioned_bucket)

    found = s3.head_object(Bucket=versioned_bucket, Key="k", VersionId=version)
    assert found["ContentDisposition"] == as_botocore_reads("Prüfung")
