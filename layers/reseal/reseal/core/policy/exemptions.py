"""Step 3, decide: resources that are exempt by the operator's choice or by the design of S3."""

from __future__ import annotations

import re

from reseal.core.calls.look import Look
from reseal.core.calls.object_call import ObjectCall
from reseal.core.calls.trigger import BucketTrigger, ObjectTrigger
from reseal.core.decision import Exempt
from reseal.core.outcome import SkipCause, Skipped
from reseal.core.policy.requirements import Requirements
from reseal.core.resource import BucketResource, KeyResource, ObjectResource, Resource
from reseal.core.state.bucket_encryption import SSE_C
from reseal.core.state.kms_key import parse_key_reference
from reseal.core.text.quoted import named

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


_OUTSIDE_SCOPE = Exempt("the bucket is not in ObjectScope")
_JUDGED_WHEN_COMPLETE = Exempt(
    "an upload in parts is judged when it is complete, if its beginning states no key of others"
)


def skipped_call(requirements: Requirements, call: BucketTrigger | ObjectTrigger) -> Skipped | None:
    """Why this call is another account's to judge; None if it is not.

    Other accounts' events can be forwarded to this account's bus. A call that two accounts took part in has
    a record for each of them, with its own id (A30).
    """
    if isinstance(call, Look):
        return None
    if call.recipient not in (None, requirements.account):
        reason = f"the record is account {call.recipient}'s, which received the call: deploy Reseal there"
    elif call.owner not in (None, requirements.account):
        reason = f"the bucket belongs to account {named(call.owner or '')}"
    else:
        return None
    return Skipped(cause=SkipCause.ELSEWHERE, reason=reason)


def exempt_call(requirements: Requirements, call: ObjectTrigger) -> Exempt | None:
    """Why this write is exempt; None if it is judged."""
    if isinstance(call, Look):
        return requirements.exempt or (_OUTSIDE_SCOPE if requirements.record_only else None)
    if call.own_model:
        return Exempt(call.own_model)
    if requirements.exempts_log_deliveries and call.delivered_by in LOG_DELIVERIES:
        return Exempt(f"{call.delivered_by} delivered the object, and ExemptLogDeliveries is true")
    if is_judged_by_record(requirements, call) and not _states_key_of_others(requirements, call):
        return requirements.exempt or (_OUTSIDE_SCOPE if requirements.record_only else _JUDGED_WHEN_COMPLETE)
    return requirements.exempt


def is_judged_by_record(requirements: Requirements, call: ObjectTrigger) -> bool:
    """Whether only the record is judged: Reseal may not read the object, or it is not there yet."""
    return isinstance(call, ObjectCall) and (requirements.record_only or call.begins_upload)


def _states_key_of_others(requirements: Requirements, call: ObjectCall) -> bool:
    """Whether the record states SSE-C, or a key of another account."""
    stated = call.stated
    if stated.algorithm == SSE_C:
        return True
    return stated.key_id is not None and not requirements.owns(parse_key_reference(stated.key_id).account)


def exempt_by_name(resource: Resource, account: str, *, control_tower: bool) -> Exempt | None:
    """Exempt directory buckets (E15) and, if `control_tower`, this account's Control Tower buckets."""
    match resource:
        case BucketResource() | ObjectResource():
            return _exempt_bucket(resource.bucket, account, control_tower=control_tower)
        case KeyResource():
            return None


def _exempt_bucket(bucket: str, account: str, *, control_tower: bool) -> Exempt | None:
    if bucket.endswith("--x-s3"):
        return Exempt("directory buckets have their own encryption model")
    if control_tower and re.fullmatch(rf"aws-controltower-[a-z0-9-]+-{account}-[a-z0-9-]+", bucket):
        return Exempt("Control Tower manages its own buckets, and ExemptControlTower is true")
    return None
