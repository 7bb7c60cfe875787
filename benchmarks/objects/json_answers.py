"""The answers of the stand-in for KMS, DynamoDB and SQS."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from benchmarks.world import ACCOUNT, REGION

KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-0000-4000-8000-000000000000"
QUEUE_URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/objects"
TOPIC_ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:findings"

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
_WINDOWS: dict[str, Any] = {}
"""The alert windows that were put, by id."""
_ANSWERS: dict[str, dict[str, Any]] = {
    "DescribeKey": {"KeyMetadata": _KEY},
    "TransactGetItems": {"Responses": []},
    "ListKeyPolicies": {"PolicyNames": ["default"], "Truncated": False},
    "GetKeyPolicy": {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [_ADMINISTRATORS]})},
}


def json_answer(operation: str, body: bytes) -> bytes:
    """The response that the service would give; of DynamoDB's items, only alert windows are kept."""
    answer = _ANSWERS.get(operation, {})
    if operation == "PutItem":
        item = json.loads(body)["Item"]
        if item["id"]["S"].startswith("window#"):
            _WINDOWS[item["id"]["S"]] = item
    if operation == "GetItem":
        item = _WINDOWS.get(json.loads(body)["Key"]["id"]["S"])
        answer = {"Item": item} if item else {}
    if operation == "SendMessage":
        text = json.loads(body)["MessageBody"]
        digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        answer = {"MessageId": "1", "MD5OfMessageBody": digest}
    return json.dumps(answer).encode()
