"""A sweep on the fakes: an account, the messages of the sweep's queue, and invocations that may die."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from reseal.core.errors import LeaseHeldError, TransientError
from reseal.core.policy.policy import Policy
from reseal.core.snapshot import BucketSeen, KeySeen
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.key_settings import KeyRotation
from reseal.core.state.kms_key import KeyDescription
from reseal.core.sweep.caps import Caps
from reseal.core.sweep.progress import Progress
from reseal.core.sweep.rows import Rows
from reseal.sweep.engine import Sweep, Worked
from reseal.sweep.finish import Finish
from tests.support.builders import SSE_KMS, TEAM_KEY, K, a_key, a_policy, encryption
from tests.support.fakes.executor import OneByOne
from tests.support.fakes.services import Crash, FakeCloud
from tests.support.fakes.sweep import FakeSweep
from tests.unit.core.checks.keys.observed import ADMINISTERED

START = '{"reseal": "sweep"}'
TIMEOUT = timedelta(seconds=300)
LEASE = TIMEOUT + timedelta(seconds=5)
VISIBILITY = timedelta(seconds=330)
RIGHT = encryption(SSE_KMS, TEAM_KEY, bucket_key=True)
WRONG = encryption()
ROTATES = KeyRotation(enabled=True, period=365)
KEYS: Mapping[str, KeyDescription] = {arn: a_key(arn) for arn in (K, TEAM_KEY)}


class Invocation:
    """`Deadline` of one invocation on the fake clock."""

    def __init__(self, cloud: FakeCloud, seconds: float) -> None:
        self._cloud, self._ends = cloud, cloud.clock.now() + timedelta(seconds=seconds)

    def seconds_left(self) -> float:
        return (self._ends - self._cloud.clock.now()).total_seconds()

    def keep(self, seconds: float) -> None:
        pass

    def check(self, needed: float) -> None:
        pass


@dataclass
class Account:
    """An account with its sweep. `messages` are those on the sweep's queue, with their ids."""

    cloud: FakeCloud
    sweep: FakeSweep
    policy: Policy = field(default_factory=a_policy)
    repairs: Caps | None = None
    page_size: int = 4
    seconds: float = 300.0
    messages: list[tuple[str, str]] = field(default_factory=list)
    invocations: int = 0

    @classmethod
    def holding(
        cls,
        buckets: Mapping[str, BucketEncryption],
        keys: Mapping[str, KeyDescription] = KEYS,
        **settings: Any,
    ) -> Account:
        cloud = FakeCloud.holding(buckets, keys)
        cloud.keys.policies.update(dict.fromkeys(keys, ADMINISTERED))
        sweep = FakeSweep.on(cloud.buckets, cloud.keys, cloud.steps)
        sweep.management.rotation.update(dict.fromkeys(keys, ROTATES))
        return cls(cloud=cloud, sweep=sweep, **settings)

    def invoke(self, body: str, message_id: str) -> Worked:
        """One delivery of a message. Raises what stopped it."""
        self.invocations += 1
        services = self.cloud.services
        sweep = Sweep(
            policy=self.policy,
            repairs=self.repairs,
            settle=0,
            services=services,
            sweep=self.sweep.services,
            deadline=Invocation(self.cloud, self.seconds),
            workers=OneByOne(),
            lease=LEASE,
            page_size=lambda: self.page_size,
            finish=Finish(
                policy=self.policy,
                reports=self.sweep.reports,
                topic=services.topic,
                clock=services.clock,
                version="test",
            ),
        )
        return sweep.work(body, message_id, f"invocation-{self.invocations}")

    def start(self, message_id: str = "s1") -> Account:
        """The schedule's message, and everything that follows from it."""
        self.messages.append((START, message_id))
        return self.work_off()

    def work_off(self) -> Account:
        """Deliver the messages of the sweep's queue until none is left; one that failed comes again."""
        for _ in range(10_000):
            self.messages += [(body, f"own-{len(body)}") for body, _ in self.sweep.own_queue.sent]
            self.sweep.own_queue.sent.clear()
            if not self.messages:
                return self
            body, message_id = self.messages.pop(0)
            try:
                self.invoke(body, message_id)
            except (Crash, TransientError, LeaseHeldError):
                self.messages.append((body, message_id))
                self.cloud.clock.time += VISIBILITY
        raise AssertionError("the sweep does not end")

    @property
    def progress(self) -> Progress:
        found = self.sweep.state.progress
        assert found is not None
        return found

    @property
    def rows(self) -> Rows:
        return Rows.of(self.sweep.sightings(None).seen_by(self.progress.sweep))

    def bucket(self, name: str) -> BucketSeen:
        found = self.sweep.sightings(None).read_bucket(name)
        assert found is not None
        return found

    def key(self, arn: str) -> KeySeen:
        found = self.sweep.sightings(None).read_key(arn)
        assert found is not None
        return found

    def statuses(self, bucket: str) -> dict[str, str]:
        return {check: one.status for check, one in self.bucket(bucket).verdicts.items()}

    @property
    def summaries(self) -> list[dict[str, Any]]:
        documents = [json.loads(message.document) for message in self.cloud.topic.messages]
        return [one for one in documents if one["schema"] == "reseal.sweep/1"]

    @property
    def single(self) -> list[dict[str, Any]]:
        """The findings that had a message of their own."""
        documents = [json.loads(message.document) for message in self.cloud.topic.messages]
        return [f for one in documents if one["schema"] == "reseal.findings/1" for f in one["findings"]]

    @property
    def looked_at(self) -> list[str]:
        """The buckets of the looks that were sent, in order."""
        return [json.loads(body)["resource"]["bucket"] for body, _ in self.sweep.bucket_looks.sent]

    @property
    def keys_looked_at(self) -> list[str]:
        """The keys of the looks that were sent, in order."""
        return [json.loads(body)["resource"]["kms_key"] for body, _ in self.sweep.key_looks.sent]

    def steps(self) -> Counter[str]:
        return Counter(self.cloud.steps.taken)

    def lines(self) -> list[dict[str, Any]]:
        """The rows of the last report."""
        name = max(name for name in self.sweep.reports.files if name.endswith(".jsonl"))
        return [json.loads(line) for line in self.sweep.reports.files[name].splitlines()]
