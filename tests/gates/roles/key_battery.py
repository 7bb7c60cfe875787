"""A short run through everything the key lane does. It returns the first step with a wrong result."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from reseal.aws.dynamodb.key_uses import DynamoDbKeyUses
from reseal.core.calls.keys.key_message import WATCH_KEYS
from tests.support.deployment import Deployment

PATIENCE_SECONDS = 30.0
ROTATION, DELETION, POLICY = "KMS.KeyRotation", "KMS.KeyDeletion", "KMS.KeyPolicy"


class KeyBattery:
    """Each step needs at least one right of the function's role that no other step needs."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._kms = deployment.cloud.client("kms")

    def first_failure(self) -> str | None:
        """The message of the first failed step; None if all succeed."""
        return next(self._failures(), None)

    def _failures(self) -> Iterator[str]:
        if (found := self._rotation()) != [(ROTATION, "HIGH", "REMEDIATED")]:
            yield f"rotation is turned on: {found}"
        if (found := self._policy()) != [(POLICY, "LOW", "MANUAL")]:
            yield f"policy is judged: {found}"
        if not self._last_use():
            yield "last use is read"
        if not self._watched():
            yield "keys are watched"

    def _rotation(self) -> Any:
        """Of a new key each time: equal violations of one key are counted, not published."""
        key = self._deployment.create_key()
        self._kms.enable_key_rotation(KeyId=key)
        self._is_used(key)
        found = self._deployment.about_key(lambda: self._kms.disable_key_rotation(KeyId=key), key, ROTATION)
        return [(f["check"], f["severity"], f["status"]) for f in found]

    def _policy(self) -> Any:
        key = self._deployment.create_key()
        policy = json.loads(self._kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
        opened = {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
        text = json.dumps(policy | {"Statement": [*policy["Statement"], opened]})
        found = self._deployment.about_key(
            lambda: self._kms.put_key_policy(KeyId=key, PolicyName="default", Policy=text), key, POLICY
        )
        judged = [f for f in found if "admits the principals of every AWS account" in f["reason"]]
        return [(f["check"], f["severity"], f["status"]) for f in judged]

    def _is_used(self, key: str) -> None:
        """Note that a bucket uses the key, as the bucket lane does."""
        uses = DynamoDbKeyUses(self._deployment.cloud.client("dynamodb"), self._table)
        uses.note(key, "payroll", datetime.now(UTC))

    @property
    def _table(self) -> str:
        return self._deployment.stack.outputs["LedgerTable"]

    def _last_use(self) -> bool:
        key = self._deployment.create_key()
        found = self._deployment.about_key(
            lambda: self._kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7), key, DELETION
        )
        return any("KMS has noted no use of it" in f["reason"] for f in found)

    def _watched(self) -> bool:
        """Whether the hourly question leads to a look at K, which notes it again."""
        item = {"TableName": self._table, "Key": {"id": {"S": f"key#{self._deployment.key}"}}}
        dynamodb, sqs = self._deployment.cloud.client("dynamodb"), self._deployment.cloud.client("sqs")
        dynamodb.delete_item(**item)
        queue = self._deployment.stack.outputs["KeyLookQueueUrl"]
        sqs.send_message(QueueUrl=queue, MessageBody=WATCH_KEYS, MessageAttributes=_unique())
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            if "Item" in dynamodb.get_item(**item):
                return True
            time.sleep(0.2)
        return False


def _unique() -> dict[str, Any]:
    return {"run": {"DataType": "String", "StringValue": uuid.uuid4().hex}}
