"""The remediation key, the topic's key, encryption at rest, and when the key lane exists."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.rights import role_statements
from tests.support.translated import actions, arn_of, as_list, enforcing, of_type, resolved

USES_DATA = {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"}
LENDS = {"kms:CreateGrant", "kms:GenerateDataKeyWithoutPlaintext"}
TOPIC = "arn:aws:sns:us-east-1:111122223333:security"
LISTED = "arn:aws:kms:us-east-1:111122223333:key/0d9a4c1e-8f27-4b63-a5c0-71e2d3f4b5a6"
ROOT = {"AWS": "arn:aws:iam::111122223333:root"}
OWN_ACCOUNT = {"StringEquals": {"aws:SourceAccount": "111122223333"}}


def key_policy(name: str) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = resolved()["Resources"][name]["Properties"]["KeyPolicy"]["Statement"]
    return statements


def test_stack_makes_no_key_if_it_gets_a_key_and_a_topic() -> None:
    own = of_type(resolved(), "AWS::KMS::Key")
    supplied = of_type(resolved(KmsKeyArn=LISTED, AlertTopicArn=TOPIC), "AWS::KMS::Key")

    assert (own.keys(), supplied.keys()) == ({"RemediationKey", "AlertsKey"}, set())


def test_remediation_key_survives_the_stack_and_a_changed_parameter() -> None:
    k = resolved()["Resources"]["RemediationKey"]

    assert (k["DeletionPolicy"], k["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


@pytest.mark.parametrize("key", ["RemediationKey", "AlertsKey"])
def test_key_rotates(key: str) -> None:
    assert resolved()["Resources"][key]["Properties"]["EnableKeyRotation"] is True


def test_remediation_key_is_usable_only_by_the_account_through_s3() -> None:
    using = [statement for statement in key_policy("RemediationKey") if actions(statement) & USES_DATA]

    assert [statement["Condition"] for statement in using] == [
        {
            "StringEquals": {
                "kms:CallerAccount": "111122223333",
                "kms:ViaService": "s3.us-east-1.amazonaws.com",
            }
        }
    ]


def test_remediation_key_policy_uses_the_partitions_s3_suffix() -> None:
    china = resolved(**{"AWS::URLSuffix": "amazonaws.com.cn", "AWS::Region": "cn-north-1"})

    policy = str(china["Resources"]["RemediationKey"]["Properties"]["KeyPolicy"])
    assert "s3.cn-north-1.amazonaws.com.cn" in policy


def test_remediation_key_admits_no_service_and_no_other_account() -> None:
    principals = [statement["Principal"] for statement in key_policy("RemediationKey")]

    assert principals == [ROOT, {"AWS": "*"}]


@pytest.mark.parametrize("key", ["RemediationKey", "AlertsKey"])
def test_account_root_administers_the_key_but_cannot_use_it(key: str) -> None:
    (administration,) = [statement for statement in key_policy(key) if statement["Principal"] == ROOT]

    assert actions(administration) & (USES_DATA | LENDS) == set()
    assert actions(administration) >= {"kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:EnableKey"}


def test_topic_is_encrypted_under_its_own_key() -> None:
    (topic,) = of_type(resolved(), "AWS::SNS::Topic").values()

    assert topic["KmsMasterKeyId"] == arn_of("AlertsKey")


def test_key_of_the_topic_admits_alarms_of_this_account() -> None:
    (services,) = [s for s in key_policy("AlertsKey") if "Service" in s["Principal"]]

    assert services["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert actions(services) == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert services["Condition"] == OWN_ACCOUNT


def test_topic_admits_alarms_of_this_account() -> None:
    (policy,) = of_type(resolved(), "AWS::SNS::TopicPolicy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]

    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert (actions(statement), statement["Condition"]) == ({"sns:Publish"}, OWN_ACCOUNT)


def test_stack_with_an_existing_topic_creates_neither_topic_nor_key() -> None:
    resources = resolved(AlertTopicArn="arn:aws:sns:us-east-1:111122223333:alerts")["Resources"]

    assert resources.keys() & {"AlertTopic", "AlertTopicPolicy", "AlertsKey"} == set()


@pytest.mark.parametrize("queue", of_type(resolved(), "AWS::SQS::Queue"))
def test_queue_is_encrypted_with_sse_sqs(queue: str) -> None:
    assert of_type(resolved(), "AWS::SQS::Queue")[queue]["SqsManagedSseEnabled"] is True


def test_ledger_is_encrypted_recoverable_and_retained() -> None:
    table = resolved()["Resources"]["Ledger"]

    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert table["Properties"]["DeletionProtectionEnabled"] is True
    assert table["Properties"]["SSESpecification"] == {"SSEEnabled": True}
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_ledger_has_the_key_and_expiry_attributes_of_the_adapter() -> None:
    table = resolved()["Resources"]["Ledger"]["Properties"]

    assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


# --- the key lane ------------------------------------------------------------------------------

CHECKS = ("KeyRotationMode", "KeyDeletionMode", "KeyDisabledMode", "KeyPolicyMode", "KeyAliasMode")
NONE = dict.fromkeys(CHECKS, "off")
OF_THE_LANE = {
    "KeyRule",
    "KeyEndRule",
    "KeyLookQueue",
    "EnforceKeyFunction",
    "EnforceKeyFunctionKeyCalls",
    "EnforceKeyFunctionKeyLooks",
    "EnforceKeyRole",
    "KeyErrorsAlarm",
    "KeyOldestMessageAlarm",
}
KEPT_FOR_THE_LANE = {"KeyQueue", "KeyDeadLetterQueue", "KeyDeadLetterAlarm", "EnforceKeyLogs"}


@pytest.mark.parametrize(
    ("modes", "exists"),
    [
        ({}, True),
        ({"Mode": "detect"}, True),
        ({"Mode": "off"}, False),
        (NONE, False),
        *[(NONE | {check: "detect"}, True) for check in CHECKS],
    ],
)
def test_rules_function_role_and_polling_exist_only_if_keys_are_checked(
    modes: dict[str, str], exists: bool
) -> None:
    made = resolved(**modes)["Resources"].keys()

    assert made & OF_THE_LANE == (OF_THE_LANE if exists else set())
    assert made >= KEPT_FOR_THE_LANE  # messages and evidence may be in them


@pytest.mark.parametrize("modes", [NONE, {"Mode": "off"}])
def test_nothing_names_what_a_lane_that_is_off_does_not_have(modes: dict[str, str]) -> None:
    template = resolved(CreateManagementTrail="true", **modes)

    text = json.dumps({section: template[section] for section in ("Resources", "Outputs")})

    assert [name for name in sorted(OF_THE_LANE) if f'"{name}"' in text] == []
    assert not any(f"${{{name}" in text for name in OF_THE_LANE)


@pytest.mark.parametrize("modes", [NONE, {"Mode": "off"}])
def test_hourly_check_asks_no_lane_that_is_off(modes: dict[str, str]) -> None:
    function = of_type(resolved(**modes), "AWS::Lambda::Function")["CheckTrailFunction"]

    assert function["Environment"]["Variables"]["KEY_LOOK_QUEUE_URL"] == ""


WRITES = {"kms:CancelKeyDeletion", "kms:EnableKey", "kms:EnableKeyRotation"}


@pytest.mark.parametrize(
    ("modes", "writes"),
    [
        ({}, {"kms:EnableKeyRotation"}),
        ({"KeyDeletionMode": "enforce"}, WRITES),
        ({"KeyDeletionMode": "enforce", "KeyRotationMode": "detect"}, WRITES - {"kms:EnableKeyRotation"}),
        ({"KeyRotationMode": "off"}, set()),
        ({"Mode": "detect", "KeyDeletionMode": "enforce"}, set()),
    ],
)
def test_role_may_write_keys_only_where_a_check_enforces(modes: dict[str, str], writes: set[str]) -> None:
    statements = role_statements(enforcing(**modes), "EnforceKeyRole")

    assert {action for one in statements for action in actions(one)} & WRITES == writes


@pytest.mark.parametrize(
    ("parameters", "kept"),
    [
        ({}, [arn_of("RemediationKey")]),
        ({"KmsKeyArn": LISTED}, [LISTED]),
        ({"ApprovedKeys": LISTED}, [arn_of("RemediationKey"), LISTED]),
    ],
    ids=["the stack's key", "a supplied key", "listed keys"],
)
def test_role_keeps_no_key_but_the_remediation_key_and_listed_ones(
    parameters: dict[str, str], kept: list[Any]
) -> None:
    statements = role_statements(enforcing(KeyDeletionMode="enforce", **parameters), "EnforceKeyRole")

    keeping = [as_list(one["Resource"]) for one in statements if "kms:CancelKeyDeletion" in actions(one)]
    assert sorted((arn for arns in keeping for arn in arns), key=str) == sorted(kept, key=str)
