"""What the role of the object lane may do, by what the stack is deployed for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.translated import actions, arn_of, as_list, of_type, resolved
from tests.template.test_permissions import KEY, OWN_ACCOUNT, VARIANTS, role_statements

ROLE = "EnforceObjectRole"
INLINE_LIMIT = 10_240  # characters of all inline policies of a role, spaces not counted
OWN_KEYS = "arn:aws:kms:us-east-1:111122223333:key/*"
ANY_KEYS = "arn:aws:kms:us-east-1:*:key/*"
BUCKET_READS = {
    "s3:GetBucketAcl",
    "s3:GetBucketNotification",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicy",
    "s3:GetBucketPolicyStatus",
    "s3:GetBucketTagging",
    "s3:GetBucketVersioning",
    "s3:GetBucketWebsite",
    "s3:GetEncryptionConfiguration",
    "s3:GetReplicationConfiguration",
    "s3:ListBucket",
}
OBJECT_READS = {
    "s3:GetObject",
    "s3:GetObjectAcl",
    "s3:GetObjectAnnotation",
    "s3:GetObjectLegalHold",
    "s3:GetObjectRetention",
    "s3:GetObjectTagging",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionAcl",
    "s3:GetObjectVersionTagging",
    "s3:ListObjectAnnotations",
}
OBJECT_WRITES = {
    "s3:AbortMultipartUpload",
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:PutObjectAnnotation",
    "s3:PutObjectTagging",
    "s3:UpdateObjectEncryption",
}
KEY_WRITES = {"kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"}
READS = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:SendMessage",
    *BUCKET_READS,
    *OBJECT_READS,
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "sns:Publish",
}
WRITES_NOTHING = {
    "detect": {"Mode": "detect"},
    "reported": {"ObjectEncryptionMode": "detect"},
    "off": {"ObjectEncryptionMode": "off"},
    "detect under DSSE": {"Mode": "detect", "RequiredEncryption": "DSSE-KMS"},
    "reported while buckets are enforced": {"ObjectEncryptionMode": "detect", "BucketKeyMode": "enforce"},
}


def by_sid(**parameters: str) -> dict[str, dict[str, Any]]:
    return {statement["Sid"]: statement for statement in role_statements(resolved(**parameters), ROLE)}


def allowed(**parameters: str) -> set[str]:
    return {action for statement in by_sid(**parameters).values() for action in actions(statement)}


def usable(action: str, **parameters: str) -> set[str]:
    """The keys that an action is allowed on, as ARN patterns or the name of the stack's key."""
    return {
        "the stack's" if resource == arn_of("RemediationKey") else str(resource)
        for statement in by_sid(**parameters).values()
        if action in actions(statement)
        for resource in as_list(statement["Resource"])
    }


def test_role_may_do_what_the_function_does_and_nothing_more() -> None:
    assert allowed() == READS | OBJECT_WRITES | KEY_WRITES


@pytest.mark.parametrize("parameters", WRITES_NOTHING.values(), ids=WRITES_NOTHING)
def test_stack_that_re_encrypts_nothing_has_no_right_to(parameters: dict[str, str]) -> None:
    assert allowed(**parameters) == READS


def test_objects_are_re_encrypted_whatever_the_checks_of_buckets_do() -> None:
    buckets = dict.fromkeys(["DefaultEncryptionMode", "BucketKeyMode", "SseCBlockMode"], "off")

    assert allowed(**buckets) == READS | OBJECT_WRITES | KEY_WRITES


def test_no_object_and_no_evidence_can_be_deleted() -> None:
    assert {action for action in allowed() if "Delete" in action} == {"sqs:DeleteMessage"}


def test_retention_cannot_be_written() -> None:
    assert {action for action in allowed() if "Retention" in action or "LegalHold" in action} == {
        "s3:GetObjectRetention",
        "s3:GetObjectLegalHold",
    }


@pytest.mark.parametrize(
    ("sid", "resource"),
    [
        ("ReadBuckets", "arn:aws:s3:::*"),
        ("ReadObjects", "arn:aws:s3:::*/*"),
        ("WriteObjects", "arn:aws:s3:::*/*"),
    ],
)
def test_storage_of_other_accounts_is_out_of_reach(sid: str, resource: str) -> None:
    statement = by_sid()[sid]

    assert (statement["Resource"], statement["Condition"]) == (resource, OWN_ACCOUNT)


@pytest.mark.parametrize("parameters", VARIANTS.values(), ids=VARIANTS)
def test_keys_are_used_through_s3_or_the_topic_only(parameters: dict[str, str]) -> None:
    using = {
        sid: statement["Condition"]["StringEquals"]["kms:ViaService"]
        for sid, statement in by_sid(**parameters).items()
        if actions(statement) & (KEY_WRITES | {"kms:Decrypt"})
    }

    assert using.pop("UseTheKeyOfAnExistingTopic", "sns.us-east-1.amazonaws.com").startswith("sns.")
    assert set(using.values()) == {"s3.us-east-1.amazonaws.com"}


def test_s3_is_named_by_the_suffix_of_its_partition() -> None:
    china = by_sid(**{"AWS::URLSuffix": "amazonaws.com.cn", "AWS::Region": "cn-north-1"})

    assert china["EncryptUnderTheRemediationKey"]["Condition"]["StringEquals"] == {
        "kms:ViaService": "s3.cn-north-1.amazonaws.com.cn"
    }


DSSE = {"RequiredEncryption": "DSSE-KMS"}
BROUGHT = {"KmsKeyArn": KEY}
DETECTED = {"ObjectEncryptionMode": "detect"}


@pytest.mark.parametrize(
    ("action", "parameters", "keys"),
    [
        ("kms:Decrypt", {}, {OWN_KEYS, ANY_KEYS}),
        ("kms:Decrypt", BROUGHT, {OWN_KEYS, ANY_KEYS, KEY}),
        ("kms:Decrypt", DETECTED, {OWN_KEYS}),
        ("kms:Decrypt", DETECTED | BROUGHT, {OWN_KEYS, KEY}),
        ("kms:Encrypt", {}, {"the stack's"}),
        ("kms:Encrypt", BROUGHT, {KEY}),
        ("kms:Encrypt", DETECTED, set()),
        ("kms:ReEncryptTo", {}, {"the stack's"}),
        ("kms:ReEncryptTo", BROUGHT, {KEY}),
        ("kms:ReEncryptFrom", {}, {"the stack's", ANY_KEYS}),
        ("kms:ReEncryptFrom", BROUGHT, {KEY, ANY_KEYS}),
        ("kms:GenerateDataKey", {}, {"the stack's"}),
        ("kms:GenerateDataKey", BROUGHT, {KEY}),
        ("kms:GenerateDataKey", DSSE, {"the stack's", OWN_KEYS}),
        ("kms:GenerateDataKey", DSSE | {"ApprovedKeys": f"{KEY},{KEY}2"}, {"the stack's", KEY, f"{KEY}2"}),
        ("kms:GenerateDataKey", DSSE | DETECTED, set()),
        ("kms:GetKeyPolicy", {}, {OWN_KEYS}),
        ("kms:DescribeKey", {"ApprovedKeys": f"{KEY},{KEY}2"}, {OWN_KEYS, KEY, f"{KEY}2"}),
        ("kms:DescribeKey", BROUGHT, {OWN_KEYS, KEY}),
    ],
)
def test_key_is_used_for_what_the_stack_does(action: str, parameters: dict[str, str], keys: set[str]) -> None:
    assert usable(action, **parameters) == keys


def test_messages_go_to_the_lanes_own_queue_and_no_other() -> None:
    statement = by_sid()["ReceiveMessagesAndSendCloseReminders"]

    assert "sqs:SendMessage" in actions(statement)
    assert statement["Resource"] == arn_of("ObjectQueue")


@pytest.mark.parametrize("parameters", VARIANTS.values(), ids=VARIANTS)
def test_policy_fits_into_a_role(parameters: dict[str, str]) -> None:
    (policy,) = of_type(resolved(**parameters), "AWS::IAM::Role")[ROLE]["Policies"]

    assert len(json.dumps(policy["PolicyDocument"], separators=(",", ":"))) < INLINE_LIMIT * 0.8
