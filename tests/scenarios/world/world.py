"""One AWS account with Reseal deployed in it: what happens there, and what the topic's subscribers get."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from tests.scenarios.world import records
from tests.scenarios.world.aws.account import REGION, Account, Clock
from tests.scenarios.world.aws.buckets import Bucket, Buckets
from tests.scenarios.world.aws.keys import Key, Keys
from tests.scenarios.world.aws.messages import Published, Topic
from tests.scenarios.world.aws.objects import Objects, Version
from tests.scenarios.world.aws.tables import Table
from tests.scenarios.world.names import BUCKET, KEY, PARTNER_KEY, TEAM_KEY
from tests.scenarios.world.records import Record
from tests.scenarios.world.stack import Stack

ONE = "one"
"""The execution environment of a test that does not care."""


class World:
    """The account, its clock, and the stack with its parameters.

    The check of bucket policies is off unless `TlsMode` says otherwise. It has the stack's key, a key of a
    team, and a bucket under SSE-S3 with SSE-C blocked.
    """

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        *,
        partition: str = "aws",
        region: str = REGION,
        **parameters: str,
    ) -> None:
        self.account = Account(partition=partition, region=region)
        self.buckets, self._keys = Buckets(self.account), Keys(self.account)
        self.objects = Objects(self.account, self.buckets, self._keys)
        self.ledger, self.topic = Table(self.account), Topic(self.account)
        self.stack = Stack(self.account, {"SettleSeconds": "0", "TlsMode": "off"} | parameters, monkeypatch)
        self.k = self._keys.add(arn=self.stack.k, policies={"default": self.stack.key_policy})
        self.team_key = self._keys.add(arn=TEAM_KEY, policies={"default": self.stack.key_policy})
        self.partner_key = self._keys.add(arn=PARTNER_KEY)
        self.bucket = self.buckets.add(BUCKET, created=self.clock.now() - timedelta(days=400))

    @property
    def clock(self) -> Clock:
        return self.account.clock

    # --- what happens --------------------------------------------------------------------------

    def add_key(self, arn: str, **key: Any) -> Key:
        return self._keys.add(arn=arn, **({"policies": {"default": self.stack.key_policy}} | key))

    def happens(self, *happened: Record, environment: str = ONE) -> None:
        """CloudTrail records these calls, and the functions process what is due."""
        for record in happened:
            self.stack.dispatch(records.event(record))
        self.stack.work_off(environment)

    def is_delivered(self, record: Record, *, routed_as: Record) -> None:
        """The record is on the queue of another one, whatever the rules say now."""
        self.stack.dispatch(records.event(record), routed_as=records.event(routed_as))
        self.stack.work_off(ONE)

    def wait(self, seconds: float, environment: str = ONE) -> None:
        """Time goes by, and the functions process what has become due."""
        self.clock.sleep(seconds)
        self.stack.work_off(environment)

    def run_out(self, environment: str = ONE) -> None:
        """Time goes by until no message is left on a queue."""
        while due := [message.due for queue in self.stack.queues.queues.values() for message in queue.queued]:
            self.wait(max(0.0, (min(due) - self.clock.now()).total_seconds()), environment)

    def is_asked_to_look(self, look_id: str, key: str | None = None) -> None:
        """An operator asks to check the bucket, or an object in it, as `make look` does."""
        resource = {"type": "AWS::S3::Bucket", "bucket": BUCKET}
        if key:
            resource |= {"type": "AWS::S3::Object", "object_key": key}
        queue = self.stack.queues.queues["ObjectLookQueue" if key else "BucketLookQueue"]
        queue.send(
            json.dumps(
                {"reseal": "look", "id": look_id, "time": self.clock.now().isoformat(), "resource": resource}
            )
        )
        self.stack.work_off(ONE)

    def calls(self, name: str, **changes: Any) -> None:
        """Somebody makes a call on the bucket, which leaves it as it is."""
        self.happens(self.bucket_record(name, **changes))

    def sets_default(
        self, algorithm: str = "AES256", key_id: str | None = None, *, bucket: str = BUCKET, **changes: Any
    ) -> None:
        """Somebody sets the bucket's default encryption, and the record arrives."""
        self.happens(self.lowered(algorithm, key_id, bucket=bucket, **changes))

    def lowered(
        self, algorithm: str = "AES256", key_id: str | None = None, *, bucket: str = BUCKET, **changes: Any
    ) -> Record:
        """Somebody sets the bucket's default encryption; the record, which has not arrived yet."""
        default = {"SSEAlgorithm": algorithm} | ({"KMSMasterKeyID": key_id} if key_id else {})
        rule: dict[str, Any] = {"ApplyServerSideEncryptionByDefault": default}
        if changes.get("blocked"):
            rule["BlockedEncryptionTypes"] = {"EncryptionType": [changes["blocked"]]}
        self.buckets.buckets[bucket].set_rule(rule | {"BucketKeyEnabled": bool(changes.get("bucket_key"))})
        return records.put_encryption(bucket, self.clock.now(), algorithm, key_id, **changes)

    def sets_policy(self, policy: dict[str, Any] | None, **changes: Any) -> Record:
        """Somebody sets or deletes the bucket's policy; the record, which has not arrived yet."""
        self.bucket.policy = policy
        name = "PutBucketPolicy" if policy else "DeleteBucketPolicy"
        record = self.bucket_record(name, **changes)
        if policy:
            record["requestParameters"]["bucketPolicy"] = policy
        return record

    def writes(self, key: str = KEY, *, record: Mapping[str, Any] | None = None, **version: Any) -> None:
        """A client writes an object, and the record arrives. `record` changes the record."""
        self.happens(self.written(key, record=record, **version))

    def written(
        self,
        key: str = KEY,
        *,
        name: str = "PutObject",
        record: Mapping[str, Any] | None = None,
        **version: Any,
    ) -> Record:
        """A client writes an object; the record, which has not arrived yet."""
        stored = self.objects.put(BUCKET, key, **version)
        answer = {"algorithm": stored.algorithm, "key_id": stored.key_id, "version_id": stored.version_id}
        return records.object_call(name, BUCKET, key, self.clock.now(), **(answer | dict(record or {})))

    def calls_key(self, name: str, key: Key, **changes: Any) -> None:
        """Somebody makes a call on a key, which the scenario has changed, and the record arrives."""
        self.happens(records.key_call(name, key.arn, self.clock.now(), **changes))

    def asks_about_keys(self) -> None:
        """The hourly question of the trail check reaches the key lane."""
        self.stack.queues.queues["KeyLookQueue"].send(json.dumps({"reseal": "watch-keys"}))
        self.stack.work_off(ONE)

    def bucket_record(self, name: str, **changes: Any) -> Record:
        return records.bucket_call(name, BUCKET, self.clock.now(), **changes)

    # --- what came of it -----------------------------------------------------------------------

    @property
    def messages(self) -> list[Published]:
        return self.topic.messages

    @property
    def findings(self) -> list[dict[str, Any]]:
        """The findings of all messages, in the order in which they were published."""
        return [finding for message in self.messages for finding in message.findings]

    def findings_of(self, check: str) -> list[dict[str, Any]]:
        return [finding for finding in self.findings if finding["check"] == check]

    @property
    def only_finding(self) -> dict[str, Any]:
        """The finding, if there is exactly one."""
        found = self.findings
        assert len(found) == 1, [(one["check"], one["severity"], one["status"]) for one in found]
        return found[0]

    @property
    def bucket_is_under_k(self) -> bool:
        return self.is_under_k(self.bucket)

    def is_under_k(self, bucket: Bucket) -> bool:
        return bucket.key_id == self.k.arn and bucket.algorithm.startswith("aws:kms")

    @property
    def key_writes(self) -> list[tuple[str, str]]:
        """What Reseal wrote to keys: the calls and the keys' ARNs."""
        return self._keys.writes

    @property
    def was_written(self) -> bool:
        """Whether Reseal wrote to a bucket, an object or a key."""
        return bool(self.buckets.writes or self.objects.writes or self._keys.writes)

    def object(self, key: str = KEY) -> Version:
        return self.objects.current(BUCKET, key)

    @property
    def dead_letters(self) -> list[str]:
        return [message.body for queue in self.stack.queues.queues.values() for message in queue.dead]

    @property
    def returned(self) -> list[str]:
        """The messages that wait on a queue after a failed attempt."""
        queues = self.stack.queues.queues.values()
        return [message.body for queue in queues for message in queue.queued if message.received]

    @property
    def log(self) -> list[dict[str, Any]]:
        """The log line of each event that ended."""
        return [line for line in self.stack.log if "result" in line]
