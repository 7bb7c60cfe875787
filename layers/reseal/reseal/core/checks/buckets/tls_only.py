"""Step 3, decide: the bucket policy must deny every request over plain HTTP."""

from __future__ import annotations

import json
from dataclasses import replace

from reseal.core.calls.look import Look
from reseal.core.calls.trigger import BucketTrigger
from reseal.core.checks.buckets.intent import SEVERITY, Intent, intent_of
from reseal.core.checks.buckets.observed_bucket import ObservedBucket, ObservedPolicy
from reseal.core.checks.buckets.tls_check import can_have_set_policy, judges_policy
from reseal.core.decision import Compliant, Decision, Manual, Remediate, Severity, Violation
from reseal.core.outcome import Failed
from reseal.core.policy.requirements import Requirements
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.deny_insecure_transport import DenyInsecureTransport
from reseal.core.transit.facts import TransitFacts
from reseal.core.transit.http_users import anonymous_users
from reseal.core.transit.verdict import TransitVerdict, in_words, refused_services, verdict_of


def decide_bucket_policy(
    requirements: Requirements, call: BucketTrigger, observed: ObservedBucket
) -> Decision:
    """The decision about a bucket after a call. Another call than those of `POLICY_CALLS` sets no policy."""
    match observed.policy:
        case None:
            return Compliant("this call set no bucket policy")
        case Failed() as failed:
            return Manual(
                severity=Severity.HIGH,
                reason=f"whether plain HTTP is denied is not known: {failed.reason}",
                recommendation=f"allow {failed.denied_action} to Reseal's role",
            )
        case ObservedPolicy() as seen:
            return decide_policy(requirements, call, seen, _intent_of(call, observed, seen.policy))


def decide_policy(
    requirements: Requirements, call: BucketTrigger, seen: ObservedPolicy, intent: Intent
) -> Decision:
    """The decision about a bucket policy. Another's policy that Reseal may have overwritten comes first."""
    arn = call.resource.arn(requirements.partition)
    decision = decide_tls_only(seen.policy, arn, requirements.account, intent, seen.facts)
    lost = seen.overwritten
    if lost is None:
        return decision
    more = f"; now {decision.reason}" if isinstance(decision, Violation) else ""
    return replace(lost, reason=f"{lost.reason}{more}")


def decide_recorded_policy(requirements: Requirements, call: BucketTrigger) -> Decision | None:
    """The decision about the policy that a call set by its record; None if that does not show it."""
    if isinstance(call, Look) or call.policy is None or not judges_policy(requirements, call):
        return None
    arn = call.resource.arn(requirements.partition)
    return decide_tls_only(call.policy, arn, requirements.account, Intent.LOWERED, None)


def depends_on_facts(policy: BucketPolicy, bucket_arn: str) -> bool:
    """Whether the decision about a policy depends on who uses the bucket without a signature."""
    verdict = verdict_of(policy, bucket_arn)
    return verdict.spares_anonymous and not verdict.denies_tls


def _intent_of(call: BucketTrigger, observed: ObservedBucket, found: BucketPolicy) -> Intent:
    if isinstance(call, Look) or call.name == "CreateBucket":
        return intent_of(call, observed)
    return Intent.LOWERED if can_have_set_policy(call, found) else Intent.DRIFT


def decide_tls_only(
    found: BucketPolicy, bucket_arn: str, account: str, intent: Intent, facts: TransitFacts | None
) -> Decision:
    """A policy that refuses TLS is CRITICAL and never changed; one that cannot be read is not changed either.

    `facts` matter only where the policy spares callers without a signature (`depends_on_facts`). None: who
    uses the bucket is not known, and nobody is taken for such a caller.
    """
    verdict = verdict_of(found, bucket_arn)
    change = DenyInsecureTransport(bucket_arn=bucket_arn)
    if verdict.denies_tls:
        return _locked_out(verdict, change)
    if found.is_malformed:
        return Manual(
            severity=SEVERITY[intent],
            reason=f"{found.in_words}: not remediated, because what it says is not certain",
            recommendation="correct the bucket policy: it is not the JSON that IAM documents",
        )
    if verdict.denies_http:
        return _denied(verdict, refused_services(found, bucket_arn, account))
    if verdict.spares_anonymous:
        users = anonymous_users(found, bucket_arn, account, facts) if facts else ()
        return _spared(verdict, [one.because for one in users])
    return Remediate(
        change=change,
        severity=SEVERITY[intent],
        reason=f"{verdict.reason} (a policy of the organization, which Reseal cannot read, may deny them)",
    )


def _locked_out(verdict: TransitVerdict, change: DenyInsecureTransport) -> Manual:
    return Manual(
        severity=Severity.CRITICAL,
        reason=f"{in_words(verdict.denies_tls)} of the bucket policy refuses TLS to every caller, Reseal too",
        recommendation=(
            "correct or remove the statement; if it denies PutBucketPolicy too, only the root user of the "
            f"bucket's account still can. To deny plain HTTP: {json.dumps(change.statement())}"
        ),
    )


def _denied(verdict: TransitVerdict, services: tuple[str, ...]) -> Decision:
    if not services:
        return Compliant(verdict.reason)
    return Manual(
        severity=Severity.LOW,
        reason=(
            f"{verdict.reason}, but perhaps also to {in_words(services)}: S3 shows no transport of AWS "
            "services, so that what they deliver may be refused"
        ),
        recommendation=(
            "use the operator Bool instead of BoolIfExists or ForAllValues:Bool for aws:SecureTransport"
        ),
    )


def _spared(verdict: TransitVerdict, anonymous: list[str]) -> Decision:
    """AWS's documented exemption of services also exempts callers without a signature."""
    if not anonymous:
        return Compliant(f"{verdict.reason}, and the bucket lets no such caller in")
    return Manual(
        severity=Severity.LOW,
        reason=f"{verdict.reason}, and the bucket may let such callers in: {'; '.join(anonymous)}",
        recommendation=(
            "use BoolIfExists for aws:PrincipalIsAWSService, which callers without a signature do not have, "
            "if nobody of them needs plain HTTP"
        ),
    )
