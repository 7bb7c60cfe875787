"""A short run through everything the key lane does. It returns the first step with a wrong result.

The deployed function is invoked as its poller would: rules and queues do not use the role's rights.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from reseal.aws.dynamodb.key_uses import DynamoDbKeyUses
from reseal.core.calls.keys.key_message import WATCH_KEYS
from reseal.core.calls.look import Look
from reseal.core.calls.queue_message import look_body
from reseal.core.resource import KeyResource
from tests.gates.roles.bucket_battery import IncompleteError, expect
from tests.support.deployment import Deployment

PATIENCE_SECONDS = 30.0
ROTATION, DELETION, POLICY = "KMS.KeyRotation", "KMS.KeyDeletion", "KMS.KeyPolicy"


class KeyBattery:
    """Each step needs at least one right of the function's role that no other step needs."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment, self._outputs = deployment, deployment.stack.outputs
        self._kms, self._dynamodb = (deployment.cloud.client(name) for name in ("kms", "dynamodb"))

    def first_failure(self) -> str | None:
        """The message of the first failed step; None if all succeed."""
        try:
            with self._deployment.without_events("Key"), self._remediation_key_is_doomed_and_kept_after():
                self._violations_have_their_results()
                self._remediation_key_is_kept()
            self._keys_are_watched()
        except IncompleteError as error:
            return str(error)
        return None

    # --- the steps -----------------------------------------------------------------------------

    def _violations_have_their_results(self) -> None:
        """Of new keys each time: equal violations of one key are counted, not published."""
        made = {
            ROTATION: (self._used(), self._rotation_is_off, ("MEDIUM", "REMEDIATED")),
            POLICY: (self._used(), self._policy_is_opened, ("CRITICAL", "MANUAL")),
            DELETION: (self._used(), self._deletion_is_scheduled, ("CRITICAL", "MANUAL")),
        }
        for key, violate, _ in made.values():
            violate(key)
        findings = self._after({check: _look(key) for check, (key, _, _) in made.items()})
        for check, (key, _, expected) in made.items():
            found = [f for f in findings if (f["resource"]["arn"], f["check"]) == (key, check)]
            expect(check, [(f["severity"], f["status"]) for f in found], [expected])
        reasons = " ".join(finding["reason"] for finding in findings)
        expect("policy is judged", "admits the principals of every AWS account" in reasons, True)
        expect("last use is read", "KMS has noted no use of it" in reasons, True)

    def _remediation_key_is_kept(self) -> None:
        """Read from KMS: the second violation of a key in one window is counted, not published."""
        key = self._deployment.key
        self._after({"K": _look(key)})
        state = self._kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
        expect("the remediation key is kept", state, "Enabled")

    def _keys_are_watched(self) -> None:
        """The hourly question leads to a look at K, which notes it again."""
        self._forget(f"key#{self._deployment.key}")
        self._after({"watch": WATCH_KEYS})
        end = time.monotonic() + PATIENCE_SECONDS
        while not self._is_known():
            if time.monotonic() > end:
                raise IncompleteError("the remediation key was not looked at")
            time.sleep(0.1)

    # --- the means -----------------------------------------------------------------------------

    def _after(self, messages: Mapping[str, str]) -> list[dict[str, Any]]:
        """Invoke the function with a batch; returns the new findings."""
        arrivals = self._deployment.arrivals
        arrivals.poll()
        known = len(arrivals.findings)
        records = [
            {
                "messageId": name,
                "eventSource": "aws:sqs",
                "attributes": {"ApproximateReceiveCount": "1"},
                "body": body,
            }
            for name, body in messages.items()
        ]
        answer = self._deployment.cloud.client("lambda").invoke(
            FunctionName=self._outputs["KeyFunction"], Payload=json.dumps({"Records": records})
        )
        expect("messages that go back", json.load(answer["Payload"]), {"batchItemFailures": []})
        arrivals.poll()
        return arrivals.findings[known:]

    def _used(self) -> str:
        """A new key; a bucket uses it, as the bucket lane notes."""
        key = self._deployment.create_key()
        uses = DynamoDbKeyUses(self._dynamodb, self._outputs["LedgerTable"])
        uses.note(key, "payroll", datetime.now(UTC))
        return key

    def _rotation_is_off(self, key: str) -> None:
        self._kms.disable_key_rotation(KeyId=key)

    def _deletion_is_scheduled(self, key: str) -> None:
        self._kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)

    def _policy_is_opened(self, key: str) -> None:
        policy = json.loads(self._kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
        opened = {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
        text = json.dumps(policy | {"Statement": [*policy["Statement"], opened]})
        self._kms.put_key_policy(KeyId=key, PolicyName="default", Policy=text)

    @contextmanager
    def _remediation_key_is_doomed_and_kept_after(self) -> Iterator[None]:
        """K was seen enabled, and its deletion is scheduled: for the first time today, as far as is known."""
        key, today = self._deployment.key, datetime.now(UTC)
        self._forget(f"cancelled#{key}#{today:%Y-%m-%d}")
        self._after({"K": _look(key)})
        self._deletion_is_scheduled(key)
        try:
            yield
        finally:
            for restore in (self._kms.cancel_key_deletion, self._kms.enable_key):
                _try(lambda restore=restore: restore(KeyId=key))

    def _forget(self, item_id: str) -> None:
        self._dynamodb.delete_item(TableName=self._outputs["LedgerTable"], Key={"id": {"S": item_id}})

    def _is_known(self) -> bool:
        item = {"id": {"S": f"key#{self._deployment.key}"}}
        return "Item" in self._dynamodb.get_item(TableName=self._outputs["LedgerTable"], Key=item)


def _look(key: str) -> str:
    resource = KeyResource(kms_key=key)
    return look_body(Look(event_id=f"look-{uuid.uuid4()}", time=datetime.now(UTC), resource=resource))


def _try(act: Callable[[], object]) -> None:
    """The key may be in order already."""
    try:
        act()
    except ClientError as error:
        if error.response["Error"]["Code"] != "KMSInvalidStateException":
            raise
