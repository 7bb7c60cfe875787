"""The permissions of the object lane's role, by the stack's parameters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.rights import role_statements
from tests.support.translated import actions, arn_of, as_list, enforcing, of_type
from tests.template.objects.test_object_rule import REGIONS
from tests.template.test_permissions import KEY, OWN_ACCOUNT, VARIANTS

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
    "s3:GetBucketPublicAccessBlock",
    "s3:GetAccountPublicAccessBlock",
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
    "kms:ListKeyPolicies",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "sns:Publish",
}
WRITES_NOTHING = {
    "detect": {"Mode": "detect"},
    "check detects": {"ObjectEncryptionMode": "detect"},
    "detect under DSSE": {"Mode": "detect", "RequiredEncryption": "DSSE-KMS"},
    "check detects while buckets are enforced": {
        "ObjectEncryptionMode": "detect",
        "BucketKeyMode": "enforce",
    },
}


def by_sid(**parameters: str) -> dict[str, dict[str, Any]]:
    return {statement["Sid"]: statement for statement in role_statements(enforcing(**parameters), ROLE)}


def allowed(**parameters: str) -> set[str]:
    return {action for statement in by_sid(**parameters).values() for action in actions(statement)}


def usable(action: str, **parameters: str) -> set[str]:
    """The KMS keys on which an action is allowed, as ARN patterns or "the stack's"."""
    return {
        "the stack's" if resource == arn_of("RemediationKey") else str(resource)
        for statement in by_sid(**parameters).values()
        if action in actions(statement)
        for resource in as_list(statement["Resource"])
    }


def test_role_may_do_what_the_function_does_and_nothing_more() -> None:
    assert allowed() == READS | OBJECT_WRITES | KEY_WRITES


@pytest.mark.parametrize("parameters", WRITES_NOTHING.values(), ids=WRITES_NOTHING)
def test_stack_that_re_encrypts_nothing_may_only_read(parameters: dict[str, str]) -> None:
    assert allowed(**parameters) == READS


def test_bucket_checks_do_not_change_the_rights_on_objects() -> None:
    buckets = dict.fromkeys(["DefaultEncryptionMode", "BucketKeyMode", "SseCBlockMode"], "off")

    assert allowed(**buckets) == READS | OBJECT_WRITES | KEY_WRITES


def test_role_cannot_delete_objects_or_ledger_entries() -> None:
    assert {action for action in allowed() if "Delete" in action} == {"sqs:DeleteMessage"}


def test_role_cannot_write_retention_or_legal_holds() -> None:
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
def test_role_cannot_reach_storage_of_other_accounts(sid: str, resource: str) -> None:
    statement = by_sid()[sid]

    assert (statement["Resource"], statement["Condition"]["StringEquals"]) == (resource, OWN_ACCOUNT)


@pytest.mark.parametrize(
    ("scope", "buckets", "objects"),
    [
        ("payroll/", {"payroll"}, {"payroll/*"}),
        ("team-", {"team-*"}, {"team-*"}),
        ("team-,payroll/,x.y/", {"team-*", "payroll", "x.y"}, {"team-*", "payroll/*", "x.y/*"}),
        ("a,b,c,d,e/", {"a*", "b*", "c*", "d*", "e"}, {"a*", "b*", "c*", "d*", "e/*"}),
    ],
)
@pytest.mark.parametrize("partition", REGIONS)
def test_role_reaches_only_buckets_and_objects_of_the_scope(
    scope: str, buckets: set[str], objects: set[str], partition: str
) -> None:
    statements = by_sid(ObjectScope=scope, **{"AWS::Partition": partition})

    reached = {
        sid: {str(arn).removeprefix(f"arn:{partition}:s3:::") for arn in as_list(statement["Resource"])}
        for sid, statement in statements.items()
        if sid in {"ReadBuckets", "ReadObjects", "WriteObjects"}
    }

    assert reached == {"ReadBuckets": buckets, "ReadObjects": objects, "WriteObjects": objects}


def test_role_has_no_other_right_on_storage_than_that_of_the_scope() -> None:
    on_storage = {
        sid
        for sid, statement in by_sid(ObjectScope="team-").items()
        if any(action.startswith("s3:") for action in actions(statement))
    }

    assert on_storage == {"ReadBuckets", "ReadObjects", "WriteObjects", "ReadPublicAccessBlockOfAccount"}


@pytest.mark.parametrize("parameters", VARIANTS.values(), ids=VARIANTS)
def test_keys_are_usable_only_through_s3_or_the_topic(parameters: dict[str, str]) -> None:
    using = {
        sid: statement["Condition"]["StringEquals"]["kms:ViaService"]
        for sid, statement in by_sid(**parameters).items()
        if actions(statement) & (KEY_WRITES | {"kms:Decrypt"})
    }

    assert using.pop("UseTheKeyOfAnExistingTopic", "sns.us-east-1.amazonaws.com").startswith("sns.")
    assert set(using.values()) == {"s3.us-east-1.amazonaws.com"}


def test_via_service_condition_uses_the_partitions_s3_suffix() -> None:
    china = by_sid(**{"AWS::URLSuffix": "amazonaws.com.cn", "AWS::Region": "cn-north-1"})

    assert china["EncryptUnderTheRemediationKey"]["Condition"]["StringEquals"] == {
        "kms:ViaService": "s3.cn-north-1.amazonaws.com.cn"
    }


DSSE = {"RequiredEncryption": "DSSE-KMS"}
SUPPLIED = {"KmsKeyArn": KEY}
DETECTED = {"ObjectEncryptionMode": "detect"}


@pytest.mark.parametrize(
    ("action", "parameters", "keys"),
    [
        ("kms:Decrypt", {}, {OWN_KEYS, ANY_KEYS}),
        ("kms:Decrypt", SUPPLIED, {OWN_KEYS, ANY_KEYS, KEY}),
        ("kms:Decrypt", DETECTED, {OWN_KEYS}),
        ("kms:Decrypt", DETECTED | SUPPLIED, {OWN_KEYS, KEY}),
        ("kms:Encrypt", {}, {"the stack's"}),
        ("kms:Encrypt", SUPPLIED, {KEY}),
        ("kms:Encrypt", DETECTED, set()),
        ("kms:ReEncryptTo", {}, {"the stack's"}),
        ("kms:ReEncryptTo", SUPPLIED, {KEY}),
        ("kms:ReEncryptFrom", {}, {"the stack's", ANY_KEYS}),
        ("kms:ReEncryptFrom", SUPPLIED, {KEY, ANY_KEYS}),
        ("kms:GenerateDataKey", {}, {"the stack's"}),
        ("kms:GenerateDataKey", SUPPLIED, {KEY}),
        ("kms:GenerateDataKey", DSSE, {"the stack's", OWN_KEYS}),
        ("kms:GenerateDataKey", DSSE | {"ApprovedKeys": f"{KEY},{KEY}2"}, {"the stack's", KEY, f"{KEY}2"}),
        ("kms:GenerateDataKey", DSSE | DETECTED, set()),
        ("kms:GetKeyPolicy", {}, {OWN_KEYS}),
        ("kms:ListKeyPolicies", {}, {OWN_KEYS}),
        ("kms:DescribeKey", {"ApprovedKeys": f"{KEY},{KEY}2"}, {OWN_KEYS, KEY, f"{KEY}2"}),
        ("kms:DescribeKey", DSSE | {"ApprovedKeys": f"{KEY},{KEY}2"}, {OWN_KEYS, ANY_KEYS}),
        ("kms:DescribeKey", SUPPLIED, {OWN_KEYS, KEY}),
    ],
)
def test_action_is_allowed_on_exactly_the_needed_keys(
    action: str, parameters: dict[str, str], keys: set[str]
) -> None:
    assert usable(action, **parameters) == keys


def test_role_sends_messages_only_to_the_lanes_own_queue() -> None:
    statement = by_sid()["SendCloseReminders"]

    assert actions(statement) == {"sqs:SendMessage"}
    assert statement["Resource"] == arn_of("UrgentObjectQueue")


@pytest.mark.parametrize("parameters", VARIANTS.values(), ids=VARIANTS)
def test_policy_fits_into_a_role(parameters: dict[str, str]) -> None:
    (policy,) = of_type(enforcing(**parameters), "AWS::IAM::Role")[ROLE]["Policies"]

    assert len(json.dumps(policy["PolicyDocument"], separators=(",", ":"))) < INLINE_LIMIT * 0.8
