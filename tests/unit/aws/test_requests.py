"""The exact parameters of every call to KMS and SNS."""

from __future__ import annotations

import json

import pytest

from reseal.aws.kms import KmsKeys
from reseal.aws.sns import SnsTopic
from reseal.core.errors import TransientError
from reseal.core.state.kms_key import KmsKey
from tests.contract.worlds.evidence import A_MESSAGE
from tests.support.entries import KEY
from tests.support.fakes.services import FakeClock
from tests.support.fakes.stubs import stubbed


def test_managed_key_of_aws_says_so() -> None:
    metadata = {"KeyId": "k", "Arn": KEY, "KeyState": "Enabled", "KeyManager": "AWS"}
    metadata |= {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT"}
    with stubbed("kms") as (client, stub):
        stub.add_response("describe_key", {"KeyMetadata": metadata}, {"KeyId": "alias/aws/s3"})

        description = KmsKeys(client, FakeClock()).describe("alias/aws/s3")

    assert isinstance(description, KmsKey)
    assert description.is_aws_managed


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


@pytest.mark.parametrize("code", ["AuthorizationError", "NotFound", "KMSDisabled", "InvalidParameter"])
def test_whatever_the_topic_refuses_is_tried_again(code: str) -> None:
    with stubbed("sns") as (client, stub):
        stub.add_client_error("publish", code, http_status_code=400)

        with pytest.raises(TransientError, match=code):
            SnsTopic(client, "arn:aws:sns:us-east-1:111122223333:alerts").publish(A_MESSAGE)
