"""Step 3: resources that the operator, or the design of S3, takes out of the policy."""

from __future__ import annotations

import re

from reseal.core.calls.object_call import ObjectCall
from reseal.core.decision import Exempt
from reseal.core.policy.policy import Policy

LOG_DELIVERIES = frozenset(
    {
        "cloudtrail.amazonaws.com",
        "config.amazonaws.com",
        "delivery.logs.amazonaws.com",
        "logdelivery.elasticloadbalancing.amazonaws.com",
        "logdelivery.elb.amazonaws.com",
        "logging.s3.amazonaws.com",
    }
)
"""Services that write logs on their own behalf, some of them under SSE-S3 only (E17, E18)."""


def exempt_call(policy: Policy, call: ObjectCall, *, log_deliveries: bool) -> Exempt | None:
    """Why this write is not judged; None where it is. `log_deliveries` says that those are exempt."""
    if call.own_model:
        return Exempt(call.own_model)
    if log_deliveries and call.delivered_by in LOG_DELIVERIES:
        return Exempt(f"{call.delivered_by} delivered it, and ExemptLogDeliveries is true")
    return exempt_by_name(call.bucket, policy.account, control_tower=policy.exempt_control_tower)


def exempt_by_name(bucket: str, account: str, *, control_tower: bool) -> Exempt | None:
    """Exempt directory buckets (E15) and, where `control_tower` says so, Control Tower's in this account."""
    if bucket.endswith("--x-s3"):
        return Exempt("directory buckets have an encryption model of their own")
    if control_tower and re.fullmatch(rf"aws-controltower-[a-z0-9-]+-{account}-[a-z0-9-]+", bucket):
        return Exempt("Control Tower sets its own buckets up, and ExemptControlTower is true")
    return None
