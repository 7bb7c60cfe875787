"""The flow of each lane, wired as its function wires it, on services that the test chooses."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

from reseal.core.policy.policy import Policy
from reseal.core.repairs.objects.method import Methods
from reseal.flow.flow import Flow
from reseal.flow.report import Reporter
from reseal.ports import BucketPolicies, KeyServices, Looks, ObjectServices, Services
from reseal.resources.bucket.hand_on import policies_to
from reseal.resources.bucket.kind import BucketKind
from reseal.resources.bucket_policy.kind import PolicyKind
from reseal.resources.key.hand_on import buckets_to
from reseal.resources.key.kind import KeyKind
from reseal.resources.object.kind import ObjectKind
from reseal.runtime.deadline import Deadline
from reseal.runtime.wiring.clients import SECONDS_FOR_ONE, SECONDS_TO_END, SECONDS_TO_RECORD
from tests.support.fakes.executor import OneByOne

PLENTY = 300.0
"""Seconds: the object function's time-out."""


def an_invocation(seconds_left: float = PLENTY) -> Deadline:
    """An invocation in which no time passes."""
    deadline = Deadline()
    deadline.begin(lambda: seconds_left)
    return deadline


def bucket_flow(
    policy: Policy,
    services: Services,
    deadline: Deadline | None = None,
    *,
    window_seconds: int = 900,
    policy_lane: Looks | None = None,
) -> Flow[Any, Any, Any]:
    """The bucket lane in one thread, by default without a deadline."""
    return Flow(
        policy=policy,
        kind=BucketKind(services=services),
        reporter=Reporter(services=services, window_seconds=window_seconds),
        ledger=services.ledger,
        clock=services.clock,
        deadline=deadline or Deadline(),
        workers=OneByOne(),
        seconds_to_record=SECONDS_TO_RECORD,
        seconds_for_one=SECONDS_FOR_ONE,
        seconds_to_end=SECONDS_TO_END,
        hand_on=policies_to(policy_lane) if policy_lane else None,
    )


def policy_flow(policy: Policy, services: Services, policies: BucketPolicies) -> Flow[Any, Any, Any]:
    """The policy lane, in one thread and without a deadline."""
    return Flow(
        policy=policy,
        kind=PolicyKind(services=services, policies=policies),
        reporter=Reporter(services=services, window_seconds=900),
        ledger=services.ledger,
        clock=services.clock,
        deadline=Deadline(),
        workers=OneByOne(),
        seconds_to_record=SECONDS_TO_RECORD,
        seconds_for_one=SECONDS_FOR_ONE,
        seconds_to_end=SECONDS_TO_END,
    )


def key_flow(
    policy: Policy, services: Services, keys: KeyServices, bucket_lane: Looks
) -> Flow[Any, Any, Any]:
    """The key lane in one thread, without a deadline."""
    return Flow(
        policy=policy,
        kind=KeyKind(watched=policy.default.named_keys, services=services, keys=keys),
        reporter=Reporter(services=services, window_seconds=900),
        ledger=services.ledger,
        clock=services.clock,
        deadline=Deadline(),
        workers=OneByOne(),
        seconds_to_record=SECONDS_TO_RECORD,
        seconds_for_one=SECONDS_FOR_ONE,
        seconds_to_end=SECONDS_TO_END,
        hand_on=buckets_to(bucket_lane),
    )


def object_flow(
    policy: Policy,
    services: Services,
    objects: ObjectServices,
    *,
    methods: Methods,
    window_seconds: int,
    deadline: Deadline,
    workers: Executor,
    seconds_to_record: float,
    seconds_for_one: float,
    seconds_to_end: float,
) -> Flow[Any, Any, Any]:
    """The object lane."""
    return Flow(
        policy=policy,
        kind=ObjectKind(methods=methods, services=services, objects=objects, deadline=deadline),
        reporter=Reporter(services=services, window_seconds=window_seconds),
        ledger=services.ledger,
        clock=services.clock,
        deadline=deadline,
        workers=workers,
        seconds_to_record=seconds_to_record,
        seconds_for_one=seconds_for_one,
        seconds_to_end=seconds_to_end,
    )
