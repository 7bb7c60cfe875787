"""The bucket lane on the fakes: one bucket, one event, delivered as often as a test likes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from reseal.core.calls.queue_message import reminder_body
from reseal.core.findings.event_result import EventResult
from reseal.core.policy.policy import Policy
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.kms_key import KeyDescription
from reseal.flow.delivery import Delivery
from tests.support.builders import (
    BUCKET,
    PARTNER_KEY,
    SSE_KMS,
    STRANGER_KEY,
    TEAM_KEY,
    UNLISTED_KEY,
    K,
    a_body,
    a_key,
    a_policy,
    encryption,
)
from tests.support.fakes.flows import bucket_flow
from tests.support.fakes.services import FakeCloud

LOWERED = encryption()
REPAIRED = encryption(SSE_KMS, K, bucket_key=True)
COMPLIANT = encryption(SSE_KMS, TEAM_KEY, bucket_key=True)

KEYS: Mapping[str, KeyDescription] = {arn: a_key(arn) for arn in (K, TEAM_KEY, UNLISTED_KEY, PARTNER_KEY)}

STRANGERS = encryption(SSE_KMS, STRANGER_KEY, bucket_key=True)
SETS_STRANGERS = {
    "bucketName": BUCKET,
    "ServerSideEncryptionConfiguration": {
        "Rule": {
            "ApplyServerSideEncryptionByDefault": {
                "SSEAlgorithm": "aws:kms",
                "KMSMasterKeyID": STRANGER_KEY,
            },
            "BucketKeyEnabled": True,
        }
    },
}
"""The request parameters of the PutBucketEncryption that makes a bucket `STRANGERS`."""

REPAIR = [
    "read bucket",
    "describe key",
    "read access",
    "read key policy",
    "ledger open",
    "read bucket",
    "put bucket",
    "read bucket",
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
"""The steps of one event that is repaired, in order."""


REPORT = REPAIR[REPAIR.index("read tags") :]
"""The steps that report it."""


def a_cloud(found: BucketEncryption | None = LOWERED, **keys: KeyDescription) -> FakeCloud:
    """A cloud with the one bucket, or without it, and every key well. `k` replaces K."""
    buckets = {} if found is None else {BUCKET: found}
    return FakeCloud.holding(buckets, {**KEYS, K: keys.get("k", KEYS[K])})


def end_windows(cloud: FakeCloud) -> None:
    """The reminders that are queued come, at the end of their windows."""
    for reminder, seconds in list(cloud.reminders.sent):
        cloud.reminders.sent.remove((reminder, seconds))
        cloud.clock.time += timedelta(seconds=seconds)
        delivery = Delivery(body=reminder_body(reminder), receive_count=1, invocation="reminder")
        assert not bucket_flow(a_policy(), cloud.services).run({"m1": delivery})


def deliver(
    cloud: FakeCloud,
    *,
    policy: Policy | None = None,
    body: str | None = None,
    times: int = 1,
    window_seconds: int = 900,
    **record: Any,
) -> EventResult:
    """Deliver the event for the `times`-th time, to an invocation of its own. Raises what stopped it."""
    flow = bucket_flow(
        policy or a_policy(), cloud.services, window_seconds=window_seconds, policy_lane=cloud.looks
    )
    invocation = f"invocation-{len(cloud.steps.taken)}"
    delivery = Delivery(body=body or a_body(**record), receive_count=times, invocation=invocation)
    failures = flow.run({"m1": delivery})
    if failures:
        raise failures["m1"]
    return cloud.telemetry.recorded[-1]
