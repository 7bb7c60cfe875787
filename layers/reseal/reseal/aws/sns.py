"""Amazon SNS: publish a message. The only module that calls it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from reseal.aws.errors import translated
from reseal.core.errors import RefusalError, TransientError
from reseal.core.findings.message import Message

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef

PUBLISH = "sns:Publish"


class SnsTopic:
    """`Topic` on Amazon SNS: text for e-mail, JSON for all other protocols."""

    def __init__(self, client: SNSClient, topic_arn: str) -> None:
        self._client, self._topic_arn = client, topic_arn

    def publish(self, message: Message) -> None:
        """Send the message. Raises TransientError, also if SNS refuses: the finding must not be lost."""
        try:
            with translated(PUBLISH):
                self._client.publish(
                    TopicArn=self._topic_arn,
                    Subject=message.subject,
                    Message=message.body,
                    MessageStructure="json",
                    MessageAttributes={name: _attribute(v) for name, v in message.attributes.items()},
                )
        except RefusalError as refusal:
            raise TransientError(f"the topic refused the message: {refusal}") from refusal


def _attribute(value: str | list[str]) -> MessageAttributeValueTypeDef:
    if isinstance(value, str):
        return {"DataType": "String", "StringValue": value}
    return {"DataType": "String.Array", "StringValue": json.dumps(value)}
