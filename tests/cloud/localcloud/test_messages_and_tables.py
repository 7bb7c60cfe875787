"""The SNS and DynamoDB behaviour that Reseal needs, so that an upgrade of MiniStack cannot remove it."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client.handle import Credentials, LocalCloud

BODIES = {"default": "for all others", "sqs": '{"finding": 1}', "email": "in words"}
ATTRIBUTES = {
    "severity": {"DataType": "String", "StringValue": "HIGH"},
    "checks": {"DataType": "String.Array", "StringValue": '["S3.1", "S3.2"]'},
}


@pytest.fixture(scope="module")
def sns(local_cloud: LocalCloud, user: Credentials) -> Any:
    return local_cloud.client("sns", user)


@pytest.fixture
def topic(sns: Any) -> str:
    return str(sns.create_topic(Name=f"topic-{uuid.uuid4().hex[:8]}")["TopicArn"])


@pytest.fixture
def subscriber(sns: Any, topic: str, make_queue: Callable[[], Any]) -> Any:
    queue = make_queue()
    queue.admit("sns.amazonaws.com", topic)
    sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=queue.arn, Attributes={"RawMessageDelivery": "true"}
    )
    return queue


def test_sqs_subscriber_gets_its_own_body(sns: Any, topic: str, subscriber: Any) -> None:
    sns.publish(TopicArn=topic, MessageStructure="json", Message=json.dumps(BODIES), Subject="finding")

    assert subscriber.receive_json() == [{"finding": 1}]


def test_raw_delivery_keeps_message_attributes(sns: Any, topic: str, subscriber: Any) -> None:
    sns.publish(TopicArn=topic, Message="x", MessageAttributes=ATTRIBUTES)

    (message,) = subscriber.receive()
    assert message["MessageAttributes"] == ATTRIBUTES


@pytest.mark.parametrize(("wanted", "count"), [(["HIGH"], 1), (["LOW"], 0)])
def test_filter_policy_chooses_by_attribute(
    sns: Any, topic: str, make_queue: Callable[[], Any], wanted: list[str], count: int
) -> None:
    queue = make_queue()
    queue.admit("sns.amazonaws.com", topic)
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=queue.arn,
        Attributes={"FilterPolicy": json.dumps({"severity": wanted})},
    )

    sns.publish(TopicArn=topic, Message="x", MessageAttributes=ATTRIBUTES)

    assert len(queue.receive(within=2 if count else 0.2)) == count


def test_message_structure_without_default_is_refused(sns: Any, topic: str) -> None:
    with pytest.raises(ClientError, match="InvalidParameter"):
        sns.publish(TopicArn=topic, MessageStructure="json", Message='{"sqs": "x"}')


def test_e_mail_has_the_body_for_that_protocol(local_cloud: LocalCloud, sns: Any, topic: str) -> None:
    sns.publish(TopicArn=topic, MessageStructure="json", Message=json.dumps(BODIES), Subject="finding")

    emails = [email for email in local_cloud.emails() if email["topic"] == topic]
    assert [(email["subject"], email["text"]) for email in emails] == [("finding", "in words")]


def test_e_mails_are_read_once(local_cloud: LocalCloud, sns: Any, topic: str) -> None:
    sns.publish(TopicArn=topic, Message="first")
    (seen,) = (email for email in local_cloud.emails() if email["topic"] == topic)
    sns.publish(TopicArn=topic, Message="second")

    assert [email["text"] for email in local_cloud.emails(seen["sequence"])] == ["second"]


TABLE = {
    "Resources": {
        "Ledger": {
            "Type": "AWS::DynamoDB::Table",
            "DeletionPolicy": "Retain",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "DeletionProtectionEnabled": True,
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
            },
        }
    },
    "Outputs": {"Name": {"Value": {"Ref": "Ledger"}}},
}


@pytest.fixture(scope="module")
def dynamodb(local_cloud: LocalCloud, user: Credentials) -> Any:
    return local_cloud.client("dynamodb", user)


@pytest.fixture(scope="module")
def table(local_cloud: LocalCloud, user: Credentials) -> str:
    stacks = local_cloud.client("cloudformation", user)
    name = f"ledger-{uuid.uuid4().hex[:8]}"
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(TABLE))
    stacks.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 100}
    )
    return str(stacks.describe_stacks(StackName=name)["Stacks"][0]["Outputs"][0]["OutputValue"])


def test_table_has_the_properties_of_its_template(dynamodb: Any, table: str) -> None:
    backups = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    expiry = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]

    assert dynamodb.describe_table(TableName=table)["Table"]["DeletionProtectionEnabled"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert (expiry["TimeToLiveStatus"], expiry["AttributeName"]) == ("ENABLED", "expires")


def test_protected_table_is_not_deleted(dynamodb: Any, table: str) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        dynamodb.delete_table(TableName=table)


def put_once(dynamodb: Any, table: str, key: str) -> None:
    dynamodb.put_item(
        TableName=table,
        Item={"pk": {"S": key}, "owner": {"S": "second"}},
        ConditionExpression="attribute_not_exists(pk)",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )


def take_over(dynamodb: Any, table: str, key: str) -> None:
    dynamodb.update_item(
        TableName=table,
        Key={"pk": {"S": key}},
        UpdateExpression="SET #o = :new",
        ConditionExpression="#o = :old",
        ExpressionAttributeNames={"#o": "owner"},
        ExpressionAttributeValues={":new": {"S": "x"}, ":old": {"S": "nobody"}},
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )


@pytest.mark.parametrize("write", [put_once, take_over])
def test_failed_condition_returns_the_existing_item(
    dynamodb: Any, table: str, write: Callable[..., None]
) -> None:
    key = uuid.uuid4().hex
    dynamodb.put_item(TableName=table, Item={"pk": {"S": key}, "owner": {"S": "first"}})

    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException) as failed:
        write(dynamodb, table, key)

    assert failed.value.response["Item"] == {"pk": {"S": key}, "owner": {"S": "first"}}
