"""The same code under other parameters: detect, DSSE-KMS, every check enforced."""

from __future__ import annotations

import time

from tests.support.deployment import OTHER_ACCOUNT, OWN_ROLE, Deployment

WRITES = {"PutBucketEncryption", "TransactWriteItems"}


def test_detecting_stack_publishes_a_finding_and_writes_nothing(detecting: Deployment) -> None:
    bucket = "only-looked-at"

    def act() -> None:
        detecting.s3.create_bucket(Bucket=bucket)

    (line,), (finding,) = detecting.after(act, bucket, "CreateBucket")
    assert (line["result"], finding["status"]) == ("Detected", "DETECTED")
    assert "Mode=detect" in finding["recommendation"]
    assert not {call["operation"] for call in detecting.cloud.journal(caller=OWN_ROLE)} & WRITES
    assert detecting.rule(bucket)["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_role_of_a_detecting_stack_cannot_write_in_enforce_mode(
    detecting: Deployment,
) -> None:
    bucket = "forced"
    functions, name = detecting.cloud.client("lambda"), detecting.stack.outputs["BucketFunction"]
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    functions.update_function_configuration(
        FunctionName=name, Environment={"Variables": variables | {"MODE": "enforce"}}
    )

    def act() -> None:
        detecting.s3.create_bucket(Bucket=bucket)

    try:
        (line,), (finding,) = detecting.after(act, bucket, "CreateBucket")
    finally:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
        time.sleep(0.2)
    assert (line["result"], finding["status"]) == ("Failed", "FAILED")
    assert "s3:PutEncryptionConfiguration" in finding["recommendation"]
    assert detecting.rule(bucket)["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_required_dsse_is_written_without_a_bucket_key(enforcing_dsse_and_every_check: Deployment) -> None:
    stack = enforcing_dsse_and_every_check

    bucket = stack.bucket()

    default = {"SSEAlgorithm": "aws:kms:dsse", "KMSMasterKeyID": stack.key}
    assert stack.rule(bucket)["ApplyServerSideEncryptionByDefault"] == default
    assert not stack.rule(bucket)["BucketKeyEnabled"]


def test_required_dsse_raises_the_algorithm_and_keeps_the_teams_key(
    enforcing_dsse_and_every_check: Deployment,
) -> None:
    stack = enforcing_dsse_and_every_check
    bucket, key = stack.bucket(), stack.create_key()

    stack.after(lambda: stack.put(bucket, "aws:kms", key), bucket, "PutBucketEncryption")

    default = {"SSEAlgorithm": "aws:kms:dsse", "KMSMasterKeyID": key}
    assert stack.rule(bucket)["ApplyServerSideEncryptionByDefault"] == default


def test_two_enforced_checks_make_one_write(enforcing_dsse_and_every_check: Deployment) -> None:
    stack = enforcing_dsse_and_every_check
    bucket, foreign = stack.bucket(), stack.create_key(OTHER_ACCOUNT)
    since = stack.cloud.journal()[-1]["sequence"]
    none_blocked = {"BlockedEncryptionTypes": {"EncryptionType": ["NONE"]}}

    def act() -> None:
        stack.put(bucket, "aws:kms", foreign, **none_blocked)

    _, findings = stack.after(act, bucket, "PutBucketEncryption")
    assert {(f["check"], f["status"]) for f in findings} == {
        ("S3.BucketDefaultEncryption", "REMEDIATED"),
        ("S3.BucketSseCBlock", "REMEDIATED"),
    }
    assert len(stack.cloud.journal(since=since, operation="PutBucketEncryption", caller=OWN_ROLE)) == 1
    assert stack.rule(bucket)["BlockedEncryptionTypes"] == {"EncryptionType": ["SSE-C"]}
