"""The answers of the stand-in for KMS, DynamoDB and SQS."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from benchmarks.world import ACCOUNT, REGION

KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-0000-4000-8000-000000000000"
TOPIC_ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:findings"
QUEUE_URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/objects"

_KEY = {
    "Arn": KEY_ARN,
    "KeyId": KEY_ARN.rpartition("/")[2],
    "AWSAccountId": ACCOUNT,
    "Enabled": True,
    "KeyState": "Enabled",
    "KeyManager": "CUSTOMER",
    "KeySpec": "SYMMETRIC_DEFAULT",
    "KeyUsage": "ENCRYPT_DECRYPT",
    "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
}
_ADMINISTRATORS = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": "kms:*",
    "Resource": "*",
}
_WINDOW = {"window_id": {"S": "window"}, "total": {"N": "1"}, "closes_at": {"N": "9999999999.0"}}
_ANSWERS: dict[str, dict[str, Any]] = {
    "DescribeKey": {"KeyMetadata": _KEY},
    "TransactGetItems": {"Responses": []},
    "ListKeyPolicies": {"PolicyNames": ["default"], "Truncated": False},
    "GetKeyPolicy": {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [_ADMINISTRATORS]})},
}


def json_answer(operation: str, body: bytes) -> bytes:
    """The response that the service would give; most of DynamoDB's are empty."""
    answer = _ANSWERS.get(operation, {})
    if operation == "UpdateItem":
        values = json.loads(body)["ExpressionAttributeValues"]
        answer = {"Attributes": _WINDOW | ({"window_id": values[":id"]} if ":id" in values else {})}
    if operation == "SendMessage":
        text = json.loads(body)["MessageBody"]
        digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        answer = {"MessageId": "1", "MD5OfMessageBody": digest}
    return json.dumps(answer).encode()
