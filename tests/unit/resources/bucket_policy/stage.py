"""Both lanes that judge bucket policies, on the fakes: a call, its event, the bucket that is handed on."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from reseal.core.calls.queue_message import look_body
from reseal.core.findings.event_result import EventResult
from reseal.core.policy.policy import Policy
from reseal.core.policy.requirements import Mode
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.deny_insecure_transport import DenyInsecureTransport
from reseal.core.transit.noted import NotedBucket
from reseal.flow.delivery import Delivery
from tests.support.builders import ACCOUNT, BUCKET, DEFAULT_MODES, TLS_ONLY, a_body, a_policy
from tests.support.fakes.flows import bucket_flow, policy_flow
from tests.support.fakes.services import FakeCloud
from tests.unit.resources.bucket.stage import COMPLIANT, KEYS

ENFORCING = a_policy(check_modes=DEFAULT_MODES | {TLS_ONLY: Mode.ENFORCE})
CHANGE = DenyInsecureTransport(bucket_arn=f"arn:aws:s3:::{BUCKET}")
BY_HAND = NotedBucket(creator="AWS CLI")


def reads(sid: str) -> dict[str, Any]:
    """A statement that lets a role of the account in."""
    role = f"arn:aws:iam::{ACCOUNT}:role/{sid}"
    resource = f"arn:aws:s3:::{BUCKET}/*"
    allow = {"Effect": "Allow", "Principal": {"AWS": role}, "Action": "s3:GetObject", "Resource": resource}
    return {"Sid": sid, **allow}


def of(*sids: str) -> BucketPolicy:
    """A policy of these statements, which lets plain HTTP pass; none if there are none."""
    return BucketPolicy.of({"Version": "2012-10-17", "Statement": [*map(reads, sids)]} if sids else None)


def repaired(policy: BucketPolicy) -> BucketPolicy:
    """The policy that Reseal writes instead."""
    return CHANGE.applied_to(policy)


@dataclass
class Stage:
    """One bucket that was made by hand, in a stack that enforces TLS only."""

    policy: Policy = ENFORCING
    cloud: FakeCloud = field(default_factory=lambda: FakeCloud.holding({BUCKET: COMPLIANT}, KEYS))
    calls: int = 0
    deliveries: int = 0
    handled: int = 0

    def __post_init__(self) -> None:
        self.cloud.buckets.policies[BUCKET] = of("A")
        self.cloud.bucket_notes.noted[BUCKET] = BY_HAND

    @property
    def now(self) -> BucketPolicy:
        """The bucket's policy."""
        return self.cloud.buckets.policies[BUCKET]

    @property
    def findings(self) -> list[dict[str, Any]]:
        return [finding for finding in self.cloud.topic.findings if finding["check"] == TLS_ONLY]

    @property
    def reported(self) -> list[tuple[str, str]]:
        """What subscribers got: severity and status of each finding."""
        return [(finding["severity"], finding["status"]) for finding in self.findings]

    def sets(self, policy: BucketPolicy, at: datetime | None = None, **record: Any) -> str:
        """Somebody sets the bucket's policy; the event, which has not arrived yet."""
        self.cloud.buckets.policies[BUCKET] = policy
        return self.event("PutBucketPolicy" if policy.text else "DeleteBucketPolicy", policy, at, **record)

    def event(
        self, name: str, policy: BucketPolicy | None = None, at: datetime | None = None, **record: Any
    ) -> str:
        self.calls += 1
        parameters: dict[str, Any] = {"bucketName": BUCKET}
        if policy and policy.text:
            parameters["bucketPolicy"] = json.loads(policy.text)
        time = at or self.cloud.clock.now()
        return a_body(
            **{
                "eventName": name,
                "eventID": f"call-{self.calls}",
                "eventTime": f"{time:%Y-%m-%dT%H:%M:%SZ}",
                "requestParameters": parameters,
                **record,
            }
        )

    def judges(self, *bodies: str, times: int = 1) -> EventResult:
        """The bucket lane handles these events. Raises what stopped one."""
        flow = bucket_flow(self.policy, self.cloud.services, policy_lane=self.cloud.looks)
        return self._run(flow, bodies, times)

    def repairs(self, times: int = 1) -> EventResult:
        """The policy lane handles what was handed to it, if this was not handled yet."""
        asked = self.cloud.looks.asked
        bodies = [look_body(look) for look in asked[self.handled :]]
        self.handled = len(asked)
        return self.looks(*bodies, times=times)

    def looks(self, *bodies: str, times: int = 1) -> EventResult:
        """The policy lane handles these requests."""
        flow = policy_flow(self.policy, self.cloud.services, self.cloud.buckets)
        return self._run(flow, bodies, times)

    def later(self, seconds: float) -> None:
        self.cloud.clock.time += timedelta(seconds=seconds)

    def _run(self, flow: Any, bodies: tuple[str, ...] | list[str], times: int) -> EventResult:
        self.deliveries += 1
        deliveries = {
            f"m{number}": Delivery(
                body=body, receive_count=times, invocation=f"invocation-{self.deliveries}/{number}"
            )
            for number, body in enumerate(bodies)
        }
        for error in flow.run(deliveries).values():
            raise error
        return self.cloud.telemetry.recorded[-1]
