"""The object lane on the fakes: written objects, and messages about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from reseal.core.calls.queue_message import reminder_body
from reseal.core.policy.policy import Policy
from reseal.core.repairs.objects.method import Methods
from reseal.core.state.bucket_access import AclGrant
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.kms_key import KeyDescription
from reseal.flow.delivery import Delivery
from reseal.flow.flow import Flow
from reseal.runtime.deadline import Deadline
from tests.support.builders import (
    BUCKET,
    PARTNER_KEY,
    SSE_KMS,
    TEAM_KEY,
    UNLISTED_KEY,
    K,
    a_key,
    a_policy,
    an_object_body,
    encryption,
    object_encryption,
)
from tests.support.fakes.executor import OneByOne
from tests.support.fakes.flows import object_flow
from tests.support.fakes.objects import FakeObjectCloud

KEY_POLICY = {
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": "*",
            "Condition": {"StringEquals": {"kms:CallerAccount": "111122223333"}},
        }
    ]
}
"""K's, as far as the guard asks: every caller of the account."""

KEYS: Mapping[str, KeyDescription] = {arn: a_key(arn) for arn in (K, TEAM_KEY, UNLISTED_KEY, PARTNER_KEY)}
UNDER_K = object_encryption(SSE_KMS, K, bucket_key=True)
SSE_C = object_encryption("SSE-C")
PLENTY, FOR_ONE, TO_END = 300.0, 15.0, 5.0

REPAIR = [
    "read",
    "read context",
    "describe key",
    "read key policy",
    "ledger read last",
    "ledger open",
    "copy",
    "read",
    "ledger close",
    "read tags",
    "read window",
    "remind",
    "replace window",
    "publish",
    "read window",
    "replace window",
    "telemetry",
]
"""The steps of one object that is repaired by a copy, in order."""


def a_cloud(bucket: BucketEncryption | None = None) -> FakeObjectCloud:
    """A bucket under K with its Bucket Key on, and every key well."""
    under_k = bucket or encryption(SSE_KMS, K, bucket_key=True)
    cloud = FakeObjectCloud.holding({BUCKET: under_k}, KEYS)
    cloud.cloud.keys.policies[K] = KEY_POLICY
    return cloud


@dataclass(slots=True, kw_only=True)
class Stage:
    """One deployment of the lane, and what AWS holds."""

    cloud: FakeObjectCloud = field(default_factory=a_cloud)
    policy: Policy = field(default_factory=lambda: a_policy(exempts_log_deliveries=True))
    methods: Methods = field(default_factory=Methods)
    window_seconds: int = 900
    invocations: int = 0
    deadline: Deadline = field(default_factory=Deadline)

    def deliver(
        self, *bodies: str, times: int = 1, seconds_left: Callable[[], float] = lambda: PLENTY
    ) -> dict[str, Exception]:
        """One batch: message `m1`, `m2` ... The ones that go back, and why."""
        self.invocations += 1
        deliveries = {
            f"m{number}": Delivery(
                body=body, receive_count=times, invocation=f"invocation-{self.invocations}/m{number}"
            )
            for number, body in enumerate(bodies, 1)
        }
        self.deadline.begin(seconds_left)
        return dict(self._flow().run(deliveries))

    def end_windows(self) -> None:
        """The reminders that are queued come, at the end of their windows."""
        reminders, clock = self.cloud.cloud.reminders, self.cloud.cloud.clock
        for reminder, seconds in list(reminders.sent):
            reminders.sent.remove((reminder, seconds))
            clock.time += timedelta(seconds=seconds)
            self.deliver(reminder_body(reminder))

    def share(self, key: str) -> None:
        """Somebody lets another account read the object's ACL."""
        acl = self.cloud.objects.stored(BUCKET, key).acl
        shared = replace(acl, grants=(AclGrant(grantee="a-reader", permission="READ_ACP"),))
        self.cloud.objects.change(BUCKET, key, acl=shared)

    def _flow(self) -> Flow[Any, Any, Any]:
        return object_flow(
            self.policy,
            self.cloud.services,
            self.cloud.object_services,
            methods=self.methods,
            window_seconds=self.window_seconds,
            deadline=self.deadline,
            workers=OneByOne(),
            seconds_to_record=0.0,
            seconds_for_one=FOR_ONE,
            seconds_to_end=TO_END,
        )

    @property
    def results(self) -> list[str]:
        """How each event ended, in the order of the log."""
        return [event_result.result.value for event_result in self.cloud.cloud.telemetry.recorded]

    @property
    def findings(self) -> list[dict[str, Any]]:
        """What a subscriber of the topic got."""
        return self.cloud.cloud.topic.findings

    @property
    def steps(self) -> list[str]:
        """Every call on every fake, in order."""
        return self.cloud.cloud.steps.taken


def an_event(key: str, number: int = 1, **changes: Any) -> str:
    """The event of a write of `key`. By default its record does not say how S3 encrypted the object."""
    return an_object_body(key=key, **({"eventID": f"event-{number}", "responseElements": None} | changes))
