"""Step 3: writes that the operator, or S3's own design, took out of the policy."""

from __future__ import annotations

from reseal.core.calls.object_call import ObjectCall
from reseal.core.decision import Exempt
from reseal.core.findings.ownership import exempt_by_name
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
