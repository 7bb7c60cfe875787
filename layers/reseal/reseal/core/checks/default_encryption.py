"""Step 3: is new data encrypted with at least the required algorithm, under an approved key?"""

from __future__ import annotations

from reseal.core.api_call import BucketCall
from reseal.core.checks.observed import ObservedBucket
from reseal.core.decision import Compliant, Decision, Remediate, Report, Severity
from reseal.core.encryption import STRENGTH, BucketEncryption, EncryptionChange, SseAlgorithm
from reseal.core.guard.grantees import writers_of_other_accounts
from reseal.core.intent import SEVERITY, intent_of
from reseal.core.kms_key import KeyDescription, KeyNotFound, KeyUnreadable, KmsKey, parse_key_reference
from reseal.core.policy import Policy


def decide_default_encryption(policy: Policy, call: BucketCall, observed: ObservedBucket) -> Decision:
    """The decision table of the design, section 3, for required SSE-KMS and required DSSE-KMS."""
    found = observed.encryption
    severity = SEVERITY[intent_of(call, found)]
    if found.algorithm == SseAlgorithm.SSE_S3:
        reason = "new objects are encrypted with SSE-S3, whose key nobody in this account controls"
        return _to_k(policy, found, severity, reason)
    if found.algorithm not in STRENGTH:
        return _unknown_algorithm(found.algorithm)
    if found.key_id is None or parse_key_reference(found.key_id).is_aws_managed:
        return _to_k(policy, found, severity, _AWS_MANAGED)
    decision = _judge_named_key(policy, found, found.key_id, observed.key, severity)
    return decision if not isinstance(decision, Compliant) else _unless_ambiguous(policy, observed, decision)


_AWS_MANAGED = (
    "new objects are encrypted under aws/s3, which cannot be shared, audited or disabled by its users"
)


def _judge_named_key(
    policy: Policy, found: BucketEncryption, key_id: str, key: KeyDescription | None, severity: Severity
) -> Decision:
    match key:
        case None:
            return _foreign_key(policy, found, key_id)
        case KeyNotFound():
            return _broken_key(key_id, "KMS knows no such key in this account and Region")
        case KeyUnreadable():
            return _unreadable_key(policy, key_id)
        case KmsKey():
            return _judge_key(policy, found, key, severity)


def _judge_key(policy: Policy, found: BucketEncryption, key: KmsKey, severity: Severity) -> Decision:
    if key.is_aws_managed:
        return _to_k(policy, found, severity, _AWS_MANAGED)
    approved = policy.approves(key)
    if not approved and key.account != policy.account:
        return _foreign_key(policy, found, key.arn)
    if why := key.why_unusable(policy.region):
        return _broken_key(key.arn, why)
    if not approved:
        return _unapproved_key(policy, found, key)
    if STRENGTH[SseAlgorithm(found.algorithm)] < STRENGTH[policy.required]:
        reason = (
            f"{SseAlgorithm(found.algorithm).in_words} is weaker than the required {policy.required.in_words}"
        )
        change = EncryptionChange(algorithm=policy.required)  # the team's own key is kept
        return Remediate(change=change, severity=severity, reason=reason)
    return Compliant(f"{SseAlgorithm(found.algorithm).in_words} under the approved key {key.arn}")


def _unless_ambiguous(policy: Policy, observed: ObservedBucket, compliant: Compliant) -> Decision:
    """A bare id or alias is another key, or none, to writers of other accounts (E10)."""
    key_id, exposure = observed.encryption.key_id or "", observed.exposure
    if exposure is None or not parse_key_reference(key_id).depends_on_caller:
        return compliant
    writers = writers_of_other_accounts(exposure.policy or {}, policy.account)
    if not writers:
        return compliant
    return Report(
        severity=Severity.LOW,
        reason=f"the key is named {key_id!r}, which S3 looks up in the account of each writer, also of "
        + ", ".join(writers),
        way_out="name the key by its full ARN",
    )


def _to_k(policy: Policy, found: BucketEncryption, severity: Severity, reason: str) -> Remediate:
    """Move to K, never below what was found: DSSE stays DSSE.

    A bucket that leaves SSE-S3 starts with its Bucket Key on; every other keeps it as it is,
    since it changes the encryption context that policies may rely on (E14).
    """
    found_algorithm = SseAlgorithm(found.algorithm)
    change = EncryptionChange(
        algorithm=max(found_algorithm, policy.required, key=STRENGTH.__getitem__),
        key_arn=policy.remediation_key,
        bucket_key=True if found_algorithm is SseAlgorithm.SSE_S3 else None,
    )
    return Remediate(change=change, severity=severity, reason=reason)


def _foreign_key(policy: Policy, found: BucketEncryption, key_id: str) -> Remediate:
    reason = (
        f"new objects are encrypted under {key_id}, a key of another account that is not approved: "
        "its owner decides who reads them, and can make them unreadable"
    )
    return _to_k(policy, found, Severity.CRITICAL, reason)


def _unapproved_key(policy: Policy, found: BucketEncryption, key: KmsKey) -> Remediate | Report:
    reason = f"{key.arn} is a key of this account that is not on the list of approved keys"
    if policy.replace_unapproved:
        return _to_k(policy, found, Severity.HIGH, reason)
    return Report(
        severity=Severity.HIGH,
        reason=f"{reason}; replacing it could widen who may read the bucket",
        way_out="add the key to ApprovedKeys, choose an approved key, or set ReplaceUnapprovedKeys to true",
    )


def _broken_key(key_id: str, why: str) -> Report:
    return Report(
        severity=Severity.CRITICAL,
        reason=f"writes to this bucket fail: its key {key_id} cannot be used, because {why}",
        way_out="enable the key or cancel its deletion, or choose an approved key that is enabled",
    )


def _unreadable_key(policy: Policy, key_id: str) -> Report:
    approved = policy.names_approved(key_id)
    reason = "it is approved, but whether it is usable cannot be seen" if approved else "it cannot be judged"
    return Report(
        severity=Severity.LOW if approved else Severity.MEDIUM,
        reason=f"kms:DescribeKey is denied on the bucket's key {key_id}: {reason}",
        way_out="allow kms:DescribeKey to Reseal's role in the policy of that key",
    )


def _unknown_algorithm(algorithm: str) -> Report:
    return Report(
        severity=Severity.MEDIUM,
        reason=f"the bucket's default encryption is {algorithm!r}, which Reseal does not know",
        way_out="see whether a newer version of Reseal knows it",
    )
