"""The SSE-C block of a bucket, whether or not S3 keeps it when a rule does not name it (E5, UNCONFIRMED)."""

from __future__ import annotations

import json
import re
import shlex
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.deployment import Deployment, deployed

CHECK = "S3.BucketSseCBlock"
BLOCKED, UNBLOCKED = ({"EncryptionType": [kind]} for kind in ("SSE-C", "NONE"))


@pytest.fixture(scope="module", params=[(), ("--put-drops-sse-c-block",)], ids=["keeps", "drops"])
def blocking(request: pytest.FixtureRequest, built: Path) -> Iterator[Deployment]:
    switches = ("--new-buckets-allow-sse-c", *request.param)
    with deployed(switches=switches, SseCBlockMode="enforce") as deployment:
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


def run_undo(stack: Deployment, bucket: str, command: str) -> None:
    """Run the command's parameters: shorthand is JSON without quotes, in which all text here is plain."""
    words = shlex.split(command)
    assert words[words.index("--bucket") + 1] == bucket
    shorthand = words[words.index("--server-side-encryption-configuration") + 1]
    quoted = re.sub(r"[^\[\]{},=]+", lambda text: json.dumps(text.group()), f"{{{shorthand}}}")
    configuration = json.loads(re.sub(r'"(true|false)"', r"\1", quoted.replace("=", ":")))
    stack.s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=configuration)


def state(stack: Deployment, bucket: str) -> dict[str, Any]:
    """The bucket's rule; no block list and `NONE` mean the same."""
    return {"BlockedEncryptionTypes": UNBLOCKED, **stack.rule(bucket)}


@pytest.mark.parametrize(
    ("algorithm", "blocked"),
    [("AES256", None), ("AES256", UNBLOCKED), ("AES256", BLOCKED), ("aws:kms", None), ("aws:kms", UNBLOCKED)],
    ids=["all, not named", "all, NONE", "default only", "block only, not named", "block only, NONE"],
)
def test_undo_command_restores_the_rule_and_the_block(
    blocking: Deployment, algorithm: str, blocked: dict[str, Any] | None
) -> None:
    bucket = f"b-{uuid.uuid4().hex[:12]}"
    key = blocking.key if algorithm == "aws:kms" else None

    def act() -> None:
        if blocked is None:
            put_without_block(blocking, bucket, algorithm, key)
        else:
            blocking.put(bucket, algorithm, key, BlockedEncryptionTypes=blocked)

    with blocking.without_events():
        blocking.s3.create_bucket(Bucket=bucket)
        act()
    before = state(blocking, bucket)
    _, findings = blocking.after(act, bucket, "PutBucketEncryption")
    commands = {finding["undo"] for finding in findings if finding["status"] == "REMEDIATED"}

    with blocking.without_events():
        run_undo(blocking, bucket, *commands)

    assert state(blocking, bucket) == before
