"""Step 3, decide: the bucket policy must deny every request over plain HTTP."""

from __future__ import annotations

import json

from reseal.core.checks.intent import SEVERITY, Intent
from reseal.core.decision import Compliant, Decision, Manual, Remediate, Severity
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.deny_insecure_transport import DenyInsecureTransport
from reseal.core.transit.facts import TransitFacts
from reseal.core.transit.http_users import anonymous_users
from reseal.core.transit.verdict import TransitVerdict, in_words, refused_services, verdict_of

TLS_ONLY = "S3.BucketTlsOnly"
TLS_CONTROLS = (
    "Security Hub S3.5",
    "CIS AWS Foundations 5.0.0 2.1.1",
    "CIS AWS Foundations 6.0.0 3.1.1",
    "NIST 800-53 r5 AC-17(2)",
    "NIST 800-53 r5 SC-8",
    "NIST 800-53 r5 SC-8(1)",
    "NIST 800-53 r5 SC-8(2)",
    "NIST 800-53 r5 SC-23",
    "PCI DSS 4.0.1 4.2.1",
    "HIPAA 164.312(e)(1)",
    "HIPAA 164.312(e)(2)(i)",
    "HIPAA 164.312(e)(2)(ii)",
    "SOC 2 CC6.1",
    "GDPR article 32",
    "ISO 27001:2022 A.8.24",
)


def intent_of_policy_call(call: str, recorded: BucketPolicy | None, found: BucketPolicy) -> Intent:
    """The intent of a call, by its name and by the policy that its record shows, None if it shows none."""
    if call == "CreateBucket":
        return Intent.NEW
    if call not in ("PutBucketPolicy", "DeleteBucketPolicy"):
        return Intent.DRIFT
    return Intent.LOWERED if recorded is None or recorded.equals(found) else Intent.DRIFT


def decide_tls_only(
    found: BucketPolicy, bucket_arn: str, account: str, intent: Intent, facts: TransitFacts
) -> Decision:
    """A policy that refuses TLS is CRITICAL and never changed; one that cannot be read is not changed either.

    `facts` matter here only where the policy spares callers without a signature.
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
        return _spared(verdict, [one.because for one in anonymous_users(found, bucket_arn, account, facts)])
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
