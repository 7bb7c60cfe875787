"""The exact parameters of every S3 call, and the answers no local S3 gives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reseal.aws.s3.buckets import S3Buckets
from reseal.core.errors import RefusalError
from reseal.core.state.bucket_encryption import NEVER_CONFIGURED, BucketEncryption
from tests.support.entries import KEY
from tests.support.fakes.services import FakeClock
from tests.support.fakes.stubs import stubbed

ACCOUNT = "111122223333"


def s3_rules(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"ServerSideEncryptionConfiguration": {"Rules": list(rules)}}


def test_reading_names_the_account_that_must_own_the_bucket() -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    with stubbed("s3") as (client, stub):
        expected = {"Bucket": "payroll", "ExpectedBucketOwner": ACCOUNT}
        stub.add_response("get_bucket_encryption", s3_rules(rule), expected)

        S3Buckets(client, ACCOUNT, FakeClock()).read_encryption("payroll")


@pytest.mark.parametrize(
    ("encryption", "rule"),
    [
        (
            BucketEncryption(algorithm="aws:kms", key_id=KEY, bucket_key=True, blocked=("SSE-C",)),
            {
                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY},
                "BucketKeyEnabled": True,
                "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
            },
        ),
        (
            BucketEncryption(algorithm="aws:kms:dsse", key_id=KEY),
            {
                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms:dsse", "KMSMasterKeyID": KEY},
                "BucketKeyEnabled": False,
            },
        ),
        (
            BucketEncryption(algorithm="aws:kms", blocked=("NONE",)),
            {
                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"},
                "BucketKeyEnabled": False,
                "BlockedEncryptionTypes": {"EncryptionType": ["NONE"]},
            },
        ),
    ],
    ids=["everything", "no block list was found", "no key was found"],
)
def test_writing_states_the_whole_rule_and_the_owner(
    encryption: BucketEncryption, rule: dict[str, Any]
) -> None:
    with stubbed("s3") as (client, stub):
        expected = {"Bucket": "payroll", "ExpectedBucketOwner": ACCOUNT, **s3_rules(rule)}
        stub.add_response("put_bucket_encryption", {}, expected)

        S3Buckets(client, ACCOUNT, FakeClock()).put_encryption("payroll", encryption)


@pytest.mark.parametrize(
    ("rule", "encryption"),
    [
        (
            {"BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}},
            replace(NEVER_CONFIGURED, blocked=("SSE-C",)),
        ),
        (
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:fsx"}},
            BucketEncryption(algorithm="aws:fsx"),
        ),
    ],
    ids=["a rule that only blocks", "an unknown algorithm"],
)
def test_unusual_rule_is_read_as_s3_means_it(rule: dict[str, Any], encryption: BucketEncryption) -> None:
    with stubbed("s3") as (client, stub):
        stub.add_response("get_bucket_encryption", s3_rules(rule))

        assert S3Buckets(client, ACCOUNT, FakeClock()).read_encryption("payroll") == encryption


def test_answer_of_before_2023_means_sse_s3() -> None:
    with stubbed("s3") as (client, stub):
        code = "ServerSideEncryptionConfigurationNotFoundError"
        stub.add_client_error("get_bucket_encryption", code, http_status_code=404)

        assert S3Buckets(client, ACCOUNT, FakeClock()).read_encryption("payroll") == NEVER_CONFIGURED


@pytest.mark.parametrize("count", [0, 2])
def test_answer_without_exactly_one_rule_is_refused(count: int) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    with stubbed("s3") as (client, stub):
        stub.add_response("get_bucket_encryption", s3_rules(*[rule] * count))

        with pytest.raises(RefusalError, match="UnexpectedRules"):
            S3Buckets(client, ACCOUNT, FakeClock()).read_encryption("payroll")
