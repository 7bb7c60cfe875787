"""The exact parameters of every call to KMS, DynamoDB and SNS."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import ANY

from reseal.aws.dynamodb.ledger import DynamoDbLedger
from reseal.aws.kms import KmsKeys
from reseal.aws.sns import SnsTopic
from reseal.core.errors import TransientError
from reseal.core.state.kms_key import KmsKey
from reseal.ports import Ledger
from tests.contract.aws.test_ledger_contract import APPLIED, KEY, MINE
from tests.contract.worlds.evidence import A_MESSAGE
from tests.support.fakes.services import NOON, FakeClock
from tests.support.stubs import stubbed

HELD = "attribute_not_exists(id) OR (closed = :no AND (lease_until < :now OR held_by = :me))"
KEPT = timedelta(days=400)
TABLE_REFUSES = [
    "ProvisionedThroughputExceededException",
    "ResourceNotFoundException",
    "AccessDeniedException",
]


def test_managed_key_of_aws_says_so() -> None:
    metadata = {"KeyId": "k", "Arn": KEY, "KeyState": "Enabled", "KeyManager": "AWS"}
    metadata |= {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT"}
    with stubbed("kms") as (client, stub):
        stub.add_response("describe_key", {"KeyMetadata": metadata}, {"KeyId": "alias/aws/s3"})

        description = KmsKeys(client, FakeClock()).describe("alias/aws/s3")

    assert isinstance(description, KmsKey)
    assert description.is_aws_managed


def test_ledger_is_read_consistently() -> None:
    with stubbed("dynamodb") as (client, stub):
        expected = {"TableName": "ledger", "Key": {"id": {"S": "payroll#1"}}, "ConsistentRead": True}
        stub.add_response("get_item", {}, expected)

        DynamoDbLedger(client, "ledger", KEPT).read("payroll#1")


def item(*, closed: bool, outcome: bool) -> dict[str, Any]:
    entry = replace(MINE, outcome=APPLIED) if outcome else MINE
    return {
        "id": {"S": MINE.entry_id},
        "bucket": {"S": "payroll"},
        "closed": {"BOOL": closed},
        "held_by": {"S": MINE.owner},
        "lease_until": {"N": str(MINE.lease_until)},
        "written_at": {"S": "2026-11-23T12:00:00+00:00"},
        "expires_at": {"N": str(int((NOON + KEPT).timestamp()))},
        "entry": {"S": json.dumps(entry.to_document())},
    }


def test_entry_is_opened_only_where_no_running_invocation_holds_it() -> None:
    values = {":no": {"BOOL": False}, ":me": {"S": MINE.owner}, ":now": {"N": str(int(NOON.timestamp()))}}
    with stubbed("dynamodb") as (client, stub):
        expected = {
            "TableName": "ledger",
            "Item": item(closed=False, outcome=False),
            "ConditionExpression": HELD,
            "ExpressionAttributeValues": values,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        stub.add_response("put_item", {}, expected)

        DynamoDbLedger(client, "ledger", KEPT).open(MINE, NOON)


def test_entry_is_closed_only_by_its_holder() -> None:
    values = {":no": {"BOOL": False}, ":me": {"S": MINE.owner}}
    with stubbed("dynamodb") as (client, stub):
        expected = {
            "TableName": "ledger",
            "Item": item(closed=True, outcome=True),
            "ConditionExpression": "closed = :no AND held_by = :me",
            "ExpressionAttributeValues": values,
            "ReturnValuesOnConditionCheckFailure": ANY,
        }
        stub.add_response("put_item", {}, expected)

        DynamoDbLedger(client, "ledger", KEPT).close(replace(MINE, outcome=APPLIED), NOON)


def test_refusal_marker_outlives_its_day_and_expires() -> None:
    marker = {
        "id": {"S": "refusal#payroll#s3:PutEncryptionConfiguration#2026-11-23"},
        "event_id": {"S": "event-1"},
        "expires_at": {"N": str(int((NOON + timedelta(days=2)).timestamp()))},
    }
    with stubbed("dynamodb") as (client, stub):
        expected = {
            "TableName": "ledger",
            "Item": marker,
            "ConditionExpression": "attribute_not_exists(id) OR event_id = :event",
            "ExpressionAttributeValues": {":event": {"S": "event-1"}},
        }
        stub.add_response("put_item", {}, expected)

        ledger = DynamoDbLedger(client, "ledger", KEPT)
        ledger.first_refusal_today("payroll", "s3:PutEncryptionConfiguration", "event-1", NOON)


def test_message_is_published_as_text_for_email_and_json_for_the_rest() -> None:
    expected = {
        "TopicArn": "arn:aws:sns:us-east-1:111122223333:alerts",
        "Subject": A_MESSAGE.subject,
        "Message": json.dumps({"default": A_MESSAGE.document, "email": A_MESSAGE.email}),
        "MessageStructure": "json",
        "MessageAttributes": {
            "severity": {"DataType": "String", "StringValue": "HIGH"},
            "check": {
                "DataType": "String.Array",
                "StringValue": '["S3.BucketDefaultEncryption", "S3.BucketKey"]',
            },
        },
    }
    with stubbed("sns") as (client, stub):
        stub.add_response("publish", {"MessageId": "1"}, expected)

        SnsTopic(client, expected["TopicArn"]).publish(A_MESSAGE)


@pytest.mark.parametrize("code", TABLE_REFUSES)
@pytest.mark.parametrize(
    ("method", "call"),
    [
        ("get_item", lambda ledger: ledger.read("payroll#1")),
        ("put_item", lambda ledger: ledger.open(MINE, NOON)),
        ("put_item", lambda ledger: ledger.close(MINE, NOON)),
        ("put_item", lambda ledger: ledger.first_refusal_today("payroll", "s3:X", "event-1", NOON)),
    ],
    ids=["read", "open", "close", "first_refusal_today"],
)
def test_whatever_the_table_refuses_is_tried_again(
    method: str, call: Callable[[Ledger], object], code: str
) -> None:
    with stubbed("dynamodb") as (client, stub):
        stub.add_client_error(method, code, http_status_code=400)

        with pytest.raises(TransientError, match=code):
            call(DynamoDbLedger(client, "ledger", KEPT))


@pytest.mark.parametrize("code", ["AuthorizationError", "NotFound", "KMSDisabled", "InvalidParameter"])
def test_whatever_the_topic_refuses_is_tried_again(code: str) -> None:
    with stubbed("sns") as (client, stub):
        stub.add_client_error("publish", code, http_status_code=400)

        with pytest.raises(TransientError, match=code):
            SnsTopic(client, "arn:aws:sns:us-east-1:111122223333:alerts").publish(A_MESSAGE)
