"""Parallel calls do not affect each other."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from localcloud.client.handle import Credentials, LocalCloud

THREADS = 32


def test_uploads_in_parallel_keep_their_parts_apart(
    local_cloud: LocalCloud, user: Credentials, bucket: str
) -> None:
    s3 = local_cloud.client("s3", user, max_pool_connections=THREADS)
    for number in range(THREADS):
        s3.put_object(Bucket=bucket, Key=f"source/{number}", Body=f"content of {number}".encode() * 50)

    def copy(number: int) -> None:
        target: dict[str, Any] = {"Bucket": bucket, "Key": f"copy/{number}"}
        upload = s3.create_multipart_upload(**target)["UploadId"]
        source = {"Bucket": bucket, "Key": f"source/{number}"}
        answer = s3.upload_part_copy(**target, UploadId=upload, PartNumber=1, CopySource=source)
        part = {"PartNumber": 1, "ETag": answer["CopyPartResult"]["ETag"]}
        s3.complete_multipart_upload(**target, UploadId=upload, MultipartUpload={"Parts": [part]})

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(copy, range(THREADS)))

    for number in range(THREADS):
        found = s3.get_object(Bucket=bucket, Key=f"copy/{number}")["Body"].read()
        assert found == f"content of {number}".encode() * 50


def test_one_upload_takes_its_parts_in_parallel(
    local_cloud: LocalCloud, user: Credentials, bucket: str
) -> None:
    s3 = local_cloud.client("s3", user, max_pool_connections=THREADS)
    target: dict[str, Any] = {"Bucket": bucket, "Key": "k"}
    size = 5 * 1024 * 1024
    content = b"".join(bytes([letter]) * size for letter in b"abcd")
    s3.put_object(Bucket=bucket, Key="source", Body=content)
    upload = s3.create_multipart_upload(**target)["UploadId"]

    def copy(index: int) -> dict[str, Any]:
        answer = s3.upload_part_copy(
            **target,
            UploadId=upload,
            PartNumber=index + 1,
            CopySource={"Bucket": bucket, "Key": "source"},
            CopySourceRange=f"bytes={index * size}-{(index + 1) * size - 1}",
        )
        return {"PartNumber": index + 1, "ETag": answer["CopyPartResult"]["ETag"]}

    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(copy, range(4)))
    s3.complete_multipart_upload(**target, UploadId=upload, MultipartUpload={"Parts": parts})

    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == content


def test_one_of_several_parallel_conditional_copies_wins(
    local_cloud: LocalCloud, user: Credentials, bucket: str
) -> None:
    s3 = local_cloud.client("s3", user, max_pool_connections=THREADS)
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]

    def copy(_number: int) -> str:
        try:
            s3.copy_object(
                Bucket=bucket,
                Key="k",
                CopySource={"Bucket": bucket, "Key": "k"},
                ServerSideEncryption="aws:kms",
                CopySourceIfMatch=etag,
                IfMatch=etag,
            )
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "copied"

    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = list(pool.map(copy, range(THREADS)))

    assert sorted(outcomes) == ["PreconditionFailed"] * (THREADS - 1) + ["copied"]
