"""The SSE-C block of a bucket, whether or not S3 keeps it when a rule does not name it (E5, UNCONFIRMED)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.deployment import Deployment, deployed

CHECK = "S3.BucketSseCBlock"
BLOCKED, UNBLOCKED = ({"EncryptionType": [kind]} for kind in ("SSE-C", "NONE"))


@pytest.fixture(scope="module", params=[(), ("--put-drops-sse-c-block",)], ids=["keeps", "drops"])
def blocking(request: pytest.FixtureRequest, built: Path) -> Iterator[Deployment]:
    with deployed(switches=request.param, SseCBlockMode="enforce") as deployment:
        yield deployment


def put_without_block(stack: Deployment, bucket: str, algorithm: str, key: str | None = None) -> None:
    default = {"SSEAlgorithm": algorithm} | ({"KMSMasterKeyID": key} if key else {})
    rules = [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]
    stack.s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})


@pytest.mark.parametrize("algorithm", ["AES256", "aws:kms"])
def test_bucket_blocks_sse_c_after_a_rule_that_does_not_name_the_block(
    blocking: Deployment, algorithm: str
) -> None:
    bucket = blocking.bucket()
    key = blocking.key if algorithm == "aws:kms" else None

    blocking.after(lambda: put_without_block(blocking, bucket, algorithm, key), bucket, "PutBucketEncryption")

    rule = blocking.rule(bucket)
    assert (rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"], rule["BlockedEncryptionTypes"]) == (
        blocking.key,
        BLOCKED,
    )


def test_unblocked_bucket_blocks_sse_c_after_a_rule_that_does_not_name_the_block(
    blocking: Deployment,
) -> None:
    bucket = blocking.bucket()
    with blocking.without_events():
        blocking.put(bucket, "aws:kms", blocking.key, BlockedEncryptionTypes=UNBLOCKED)

    def act() -> None:
        put_without_block(blocking, bucket, "aws:kms", blocking.key)

    _, findings = blocking.after(act, bucket, "PutBucketEncryption")
    assert {(finding["check"], finding["status"]) for finding in findings} == {(CHECK, "REMEDIATED")}
    assert blocking.rule(bucket)["BlockedEncryptionTypes"] == BLOCKED
