"""The bucket lane of the deployed stack: an IAM user changes buckets, and the stack reacts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.deployment import OTHER_ACCOUNT, OWN_ROLE, Deployment

DEFAULT, BUCKET_KEY, SSE_C = "S3.BucketDefaultEncryption", "S3.BucketKey", "S3.BucketSseCBlock"


def kms_rule(key: str, **more: Any) -> dict[str, Any]:
    return {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key},
        "BucketKeyEnabled": True,
        "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
    } | more


def test_new_bucket_is_remediated_to_the_stacks_key(enforcing: Deployment) -> None:
    bucket = enforcing.bucket()

    assert enforcing.rule(bucket) == kms_rule(enforcing.key)


def test_finding_of_a_repair_has_actor_call_before_and_after(enforcing: Deployment) -> None:
    bucket = enforcing.bucket()

    _, (finding,) = enforcing.after(lambda: enforcing.put(bucket, "AES256"), bucket, "PutBucketEncryption")

    assert (finding["check"], finding["severity"], finding["status"]) == (DEFAULT, "HIGH", "REMEDIATED")
    assert finding["actor"]["who"] == "arn:aws:iam::111122223333:user/engineer"
    assert finding["actor"]["tool"] == "SDK"
    assert finding["api_call"]["name"] == "PutBucketEncryption"
    assert finding["before"]["algorithm"] == "AES256"
    assert finding["after"]["key_id"] == enforcing.key
    assert 0 <= finding["seconds_to_remediate"] < 20


def test_deleted_encryption_is_remediated(enforcing: Deployment) -> None:
    bucket = enforcing.bucket()

    def act() -> None:
        enforcing.s3.delete_bucket_encryption(Bucket=bucket)

    _, (finding,) = enforcing.after(act, bucket, "DeleteBucketEncryption")
    assert (finding["severity"], finding["status"]) == ("HIGH", "REMEDIATED")
    assert enforcing.rule(bucket)["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == enforcing.key


def test_violation_without_an_event_is_repaired_at_the_next_call_and_not_attributed_to_its_caller(
    enforcing: Deployment,
) -> None:
    bucket = enforcing.bucket()
    with enforcing.without_events():
        enforcing.put(bucket, "AES256")

    def act() -> None:
        enforcing.s3.delete_bucket_policy(Bucket=bucket)

    _, (finding,) = enforcing.after(act, bucket, "DeleteBucketPolicy")
    assert (finding["severity"], finding["status"]) == ("MEDIUM", "REMEDIATED")
    assert finding["api_call"]["set_this"] is False


def test_only_the_key_of_another_account_is_replaced_and_its_finding_is_critical(
    enforcing: Deployment,
) -> None:
    bucket, foreign = enforcing.bucket(), enforcing.create_key(OTHER_ACCOUNT)
    none_blocked = {"BlockedEncryptionTypes": {"EncryptionType": ["NONE"]}}

    def act() -> None:
        enforcing.put(bucket, "aws:kms", foreign, **none_blocked)

    _, findings = enforcing.after(act, bucket, "PutBucketEncryption")
    assert {(f["check"], f["severity"], f["status"]) for f in findings} >= {
        (DEFAULT, "CRITICAL", "REMEDIATED"),
        (BUCKET_KEY, "LOW", "DETECTED"),
        (SSE_C, "CRITICAL", "DETECTED"),  # with the foreign key, a second sign of ransomware
    }
    assert enforcing.rule(bucket) == kms_rule(enforcing.key, BucketKeyEnabled=False, **none_blocked)


@pytest.mark.parametrize("name", ["arn", "id", "alias"])
def test_teams_own_key_is_kept_in_every_notation(enforcing: Deployment, name: str) -> None:
    bucket, key = enforcing.bucket(), enforcing.create_key()
    alias = f"alias/{bucket}"
    enforcing.cloud.client("kms").create_alias(AliasName=alias, TargetKeyId=key)
    named = {"arn": key, "id": key.rsplit("/", 1)[-1], "alias": alias}[name]

    def act() -> None:
        enforcing.put(bucket, "aws:kms", named, BucketKeyEnabled=True)

    (line,), findings = enforcing.after(act, bucket, "PutBucketEncryption")
    assert (line["result"], findings) == ("Compliant", [])
    assert enforcing.rule(bucket) == kms_rule(named)


def test_disabled_key_is_reported_as_critical_and_kept(enforcing: Deployment) -> None:
    bucket, key = enforcing.bucket(), enforcing.create_key()
    enforcing.cloud.client("kms").disable_key(KeyId=key)

    def act() -> None:
        enforcing.put(bucket, "aws:kms", key, BucketKeyEnabled=True)

    _, (finding,) = enforcing.after(act, bucket, "PutBucketEncryption")
    assert (finding["severity"], finding["status"]) == ("CRITICAL", "MANUAL")
    assert enforcing.rule(bucket) == kms_rule(key)


def test_stronger_encryption_is_never_lowered(enforcing: Deployment) -> None:
    bucket, foreign = enforcing.bucket(), enforcing.create_key(OTHER_ACCOUNT)

    enforcing.after(lambda: enforcing.put(bucket, "aws:kms:dsse", foreign), bucket, "PutBucketEncryption")

    default = enforcing.rule(bucket)["ApplyServerSideEncryptionByDefault"]
    assert default == {"SSEAlgorithm": "aws:kms:dsse", "KMSMasterKeyID": enforcing.key}


def test_bucket_of_another_region_is_skipped_without_a_write(enforcing: Deployment) -> None:
    bucket = "of-another-region"

    def act() -> None:
        location = {"LocationConstraint": "eu-west-1"}
        enforcing.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=location)

    (line,), findings = enforcing.after(act, bucket, "CreateBucket")
    assert (line["result"], findings) == ("Skipped", [])
    assert "eu-west-1" in line["reason"][0]
    writes = enforcing.cloud.journal(operation="PutBucketEncryption", caller=OWN_ROLE)
    assert not [call for call in writes if call["resource"].endswith(f":{bucket}")]


def test_deleted_bucket_is_skipped_without_a_finding(enforcing: Deployment) -> None:
    bucket = "gone-at-once"
    enforcing.cloud.inject_fault(
        "error",
        "s3",
        "GetBucketEncryption",
        resource=f"arn:aws:s3:::{bucket}",
        status=404,
        code="NoSuchBucket",
        times=1,
    )

    def act() -> None:
        enforcing.s3.create_bucket(Bucket=bucket)

    (line,), findings = enforcing.after(act, bucket, "CreateBucket")
    assert (line["result"], findings) == ("Skipped", [])


def test_denied_write_gives_one_failed_finding_a_day_that_names_the_permission(enforcing: Deployment) -> None:
    bucket = enforcing.bucket()
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutEncryptionConfiguration",
        "Resource": f"arn:aws:s3:::{bucket}",
        "Condition": {"StringNotLike": {"aws:PrincipalArn": "*:user/engineer"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})

    def lock() -> None:
        enforcing.s3.put_bucket_policy(Bucket=bucket, Policy=policy)

    enforcing.after(lock, bucket, "PutBucketPolicy")
    _, (first,) = enforcing.after(lambda: enforcing.put(bucket, "AES256"), bucket, "PutBucketEncryption")
    (line,), again = enforcing.after(lambda: enforcing.put(bucket, "AES256"), bucket, "PutBucketEncryption")

    assert (first["status"], again) == ("FAILED", [])
    assert "s3:PutEncryptionConfiguration" in first["recommendation"]
    assert (line["result"], line["suppressed"]) == ("Failed", True)


def test_violating_bucket_with_a_policy_costs_at_most_twenty_calls(enforcing: Deployment) -> None:
    bucket = enforcing.bucket()
    enforcing.after(lambda: _refuse_plain_http(enforcing, bucket), bucket, "PutBucketPolicy")
    since = enforcing.cloud.journal()[-1]["sequence"]

    enforcing.after(lambda: enforcing.put(bucket, "AES256"), bucket, "PutBucketEncryption")

    calls = [call["operation"] for call in enforcing.cloud.journal(since=since, caller=OWN_ROLE)]
    # some workers still know the bucket's tags and the names of the key's policies
    assert [c for c in calls if c not in ("GetBucketTagging", "ListKeyPolicies")] == [
        "GetBucketEncryption",
        "DescribeKey",
        "GetBucketPolicy",
        "GetBucketWebsite",
        "GetBucketAcl",
        "GetBucketReplication",
        "GetKeyPolicy",
        "PutItem",
        "GetBucketEncryption",  # the last look
        "PutBucketEncryption",
        "GetBucketEncryption",  # the read back
        "TransactWriteItems",
        "GetItem",  # the alert window
        "PutItem",
        "Publish",
        "GetItem",
        "PutItem",  # it was published
        "UpdateItem",  # the snapshot
    ]


def _refuse_plain_http(enforcing: Deployment, bucket: str) -> None:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    enforcing.s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


def test_compliant_event_reads_the_bucket_and_writes_nothing(enforcing: Deployment) -> None:
    bucket = enforcing.bucket()
    since = enforcing.cloud.journal()[-1]["sequence"]

    def act() -> None:
        enforcing.put(bucket, "aws:kms", enforcing.key, BucketKeyEnabled=True)

    enforcing.after(act, bucket, "PutBucketEncryption")
    calls = [call["operation"] for call in enforcing.cloud.journal(since=since, caller=OWN_ROLE)]
    assert [c for c in calls if c != "DescribeKey"] == ["GetBucketEncryption"]


def test_ledger_keeps_before_intended_and_outcome(enforcing: Deployment) -> None:
    bucket = enforcing.bucket()
    (line,), _ = enforcing.after(lambda: enforcing.put(bucket, "AES256"), bucket, "PutBucketEncryption")

    entry_id = f"{bucket}#{line['event_id']}#PutBucketEncryption"
    item = enforcing.cloud.client("dynamodb").get_item(
        TableName=enforcing.stack.outputs["LedgerTable"], Key={"id": {"S": entry_id}}
    )["Item"]

    entry = json.loads(item["entry"]["S"])
    assert item["closed"] == {"BOOL": True}
    assert entry["before"]["algorithm"] == "AES256"
    assert entry["intended"]["key_id"] == enforcing.key
    assert entry["outcome"]["kind"] == "Applied"


def test_ledger_answers_which_entries_a_bucket_has_and_findings_name_theirs(enforcing: Deployment) -> None:
    bucket = enforcing.bucket()  # its creation is repaired too
    _, (finding,) = enforcing.after(lambda: enforcing.put(bucket, "AES256"), bucket, "PutBucketEncryption")

    answer = enforcing.cloud.client("dynamodb").query(
        TableName=enforcing.stack.outputs["LedgerTable"],
        IndexName="by-bucket",
        KeyConditionExpression="#bucket = :bucket",
        ExpressionAttributeNames={"#bucket": "bucket"},
        ExpressionAttributeValues={":bucket": {"S": bucket}},
    )

    entries = {item["id"]["S"] for item in answer["Items"]}
    assert len(entries) == 2
    assert finding["ledger_entry"] in entries
