"""Step 3, decide: the guard that runs before a bucket policy is made to deny plain HTTP."""

from __future__ import annotations

from dataclasses import replace

from reseal.core.checks.catalogue import Decisions
from reseal.core.decision import Decision, Remediate
from reseal.core.guards.guarded import Guarded, Reads
from reseal.core.policy.requirements import Requirements
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.deny_insecure_transport import DenyInsecureTransport
from reseal.core.transit.facts import Obstacle, TransitFacts

_MAY_BE_HTTP = (
    "CloudFront reads the bucket through an origin access control: it uses HTTPS if its signing behavior is "
    "`always`, which cannot be seen in S3"
)


def guard_tls(requirements: Requirements, guarded: Guarded, reads: Reads, decisions: Decisions) -> Decisions:
    """Replaces each remediation of a bucket policy that somebody's plain HTTP or S3 itself speaks against."""
    found, transit = guarded.policy, reads.transit
    if found is None or transit is None:
        return decisions
    return {
        check: unless_http_is_used(decision, found, requirements.account, transit())
        if _denies_http(decision)
        else decision
        for check, decision in decisions.items()
    }


def _denies_http(decision: Decision) -> bool:
    return isinstance(decision, Remediate) and isinstance(decision.change, DenyInsecureTransport)


def unless_http_is_used(
    decision: Decision, found: BucketPolicy, account: str, facts: TransitFacts
) -> Decision:
    """The decision, or a manual finding that names who may need plain HTTP or why S3 would refuse the write.

    A reader through an origin access control is only mentioned: it signs always unless set otherwise. What
    finds the callers is loaded here: the object lane runs the guards, too, and never gets so far.
    """
    if not isinstance(decision, Remediate) or not isinstance(decision.change, DenyInsecureTransport):
        return decision
    from reseal.core.transit.http_users import http_users, uses_origin_access_control  # noqa: PLC0415
    from reseal.core.transit.unwritable import why_unwritable  # noqa: PLC0415

    change = decision.change
    obstacles = [*why_unwritable(found, change, facts), *http_users(found, change, account, facts)]
    if obstacles:
        return decision.stopped(_joined(obstacles, "because"), _joined(obstacles, "recommendation"))
    if uses_origin_access_control(found, change.bucket_arn, account, facts):
        return replace(decision, reason=f"{decision.reason}; {_MAY_BE_HTTP}")
    return decision


def _joined(obstacles: list[Obstacle], text: str) -> str:
    return "; ".join(dict.fromkeys(getattr(one, text) for one in obstacles))
