"""Step 3, decide: resources that are exempt by the operator's choice or by the design of S3."""

from __future__ import annotations

import re

from reseal.core.calls.bucket_call import BucketCall
from reseal.core.calls.object_call import ObjectCall
from reseal.core.decision import Exempt
from reseal.core.outcome import SkipCause, Skipped
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
"""Services that deliver logs on their own behalf, some with SSE-S3 only (E17, E18)."""


def skipped_call(policy: Policy, call: BucketCall | ObjectCall) -> Skipped | None:
    """Why this call is another account's to judge; None if it is not.

    Other accounts' events can be forwarded to this account's bus. A call that two accounts took part in has
    a record for each of them, with its own id (A30).
    """
    if call.recipient not in (None, policy.account):
        reason = f"the record is account {call.recipient}'s, which received the call: deploy Reseal there"
    elif call.owner not in (None, policy.account):
        reason = f"the bucket belongs to account {call.owner}"
    else:
        return None
    return Skipped(cause=SkipCause.ELSEWHERE, reason=reason)


def exempt_call(policy: Policy, call: ObjectCall, *, log_deliveries: bool) -> Exempt | None:
    """Why this write is exempt; None if it is judged. `log_deliveries`: log deliveries are exempt."""
    if call.own_model:
        return Exempt(call.own_model)
    if not policy.reaches_objects_of(call.bucket):  # the rule also matches a copy from a bucket in the scope
        return Exempt("the bucket is not in ObjectScope")
    if log_deliveries and call.delivered_by in LOG_DELIVERIES:
        return Exempt(f"{call.delivered_by} delivered the object, and ExemptLogDeliveries is true")
    return exempt_by_name(call.bucket, policy.account, control_tower=policy.exempt_control_tower)


def exempt_by_name(bucket: str, account: str, *, control_tower: bool) -> Exempt | None:
    """Exempt directory buckets (E15) and, if `control_tower`, this account's Control Tower buckets."""
    if bucket.endswith("--x-s3"):
        return Exempt("directory buckets have their own encryption model")
    if control_tower and re.fullmatch(rf"aws-controltower-[a-z0-9-]+-{account}-[a-z0-9-]+", bucket):
        return Exempt("Control Tower manages its own buckets, and ExemptControlTower is true")
    return None
