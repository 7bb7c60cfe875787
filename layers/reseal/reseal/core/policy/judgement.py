"""Step 3, decide: the algorithm must be strong enough and the key approved, for buckets and objects."""

from __future__ import annotations

from dataclasses import dataclass

from reseal.core.decision import Compliant, Decision, Manual, Remediate, Severity
from reseal.core.policy.requirements import Requirements
from reseal.core.state.bucket_encryption import STRENGTH, SseAlgorithm
from reseal.core.state.change import EncryptionChange
from reseal.core.state.kms_key import (
    KeyDescription,
    KeyNotFound,
    KeyReference,
    KeyUnreadable,
    KmsKey,
    parse_key_reference,
)
from reseal.core.text.quoted import named, quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The setting of a bucket or an object that holds its encryption, and the texts that findings use."""

    setting: str
    is_encrypted: str
    is_broken: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An encryption to judge: its key as named and as KMS describes it, and the severity of a violation.

    `set_by_call`: the API call can have set this algorithm and this key.
    """

    subject: Subject
    algorithm: str
    key_id: str | None
    key: KeyDescription | None
    severity: Severity
    set_by_call: bool


def judge_encryption(requirements: Requirements, judged: Judged) -> Decision:
    """Decide by the table of docs/checks.md for required SSE-KMS and required DSSE-KMS.

    `judged.key` may be None if KMS was not asked (`Requirements.must_describe`).
    """
    if judged.algorithm not in STRENGTH:
        return _unknown_algorithm(judged)
    if judged.algorithm == SseAlgorithm.SSE_S3:
        return to_remediation_key(requirements, judged, "with SSE-S3, whose key this account cannot control")
    if judged.key_id is None:
        return to_remediation_key(requirements, judged, _AWS_MANAGED)
    return _judge_named_key(requirements, judged, parse_key_reference(judged.key_id))


def _judge_named_key(requirements: Requirements, judged: Judged, reference: KeyReference) -> Decision:
    elsewhere = reference.why_elsewhere(requirements.partition, requirements.region)
    if requirements.owns(reference.account) and reference.is_aws_managed:
        how, severity = _AWS_MANAGED, None
        if elsewhere:
            how, severity = f"{how}; {judged.subject.is_broken}, because {elsewhere}", Severity.CRITICAL
        return to_remediation_key(requirements, judged, how, severity=severity)
    if elsewhere and (requirements.owns(reference.account) or requirements.names_approved(reference.text)):
        return _broken_key(judged, reference.text, elsewhere)
    match judged.key:
        case None:
            return _foreign_key(requirements, judged, reference)
        case KeyNotFound():
            return _broken_key(judged, reference.text, "KMS does not find it in this account and Region")
        case KeyUnreadable():
            return _unreadable_key(requirements, judged, reference.text)
        case KmsKey():
            return _judge_key(requirements, judged, judged.key)


HELD_OUTSIDE = "whoever holds it there can take it away from KMS and demand a ransom"
"""Part of the reason if the material of a key is not KMS's alone: it is a sign of ransomware."""
_AWS_MANAGED = "under aws/s3, a key that its users cannot share, control or disable"


def _judge_key(requirements: Requirements, judged: Judged, key: KmsKey) -> Decision:
    if key.is_aws_managed and requirements.owns(key.account):
        return to_remediation_key(requirements, judged, _AWS_MANAGED)
    approved = requirements.approves(key)
    if not approved and not requirements.owns(key.account):
        return _foreign_key(requirements, judged, parse_key_reference(key.arn))
    if why := key.why_unusable(requirements.region):
        return _broken_key(judged, key.arn, why)
    if not approved:
        return _unapproved_key(requirements, judged, key)
    found = SseAlgorithm(judged.algorithm)
    if STRENGTH[found] < STRENGTH[requirements.required]:
        reason = f"{found.in_words} is weaker than the required {requirements.required.in_words}"
        change = EncryptionChange(setting=judged.subject.setting, algorithm=requirements.required)
        return Remediate(change=change, severity=judged.severity, reason=reason)  # keeps the approved key
    return Compliant(f"{found.in_words} under the approved key {named(key.arn)}")


def to_remediation_key(
    requirements: Requirements, judged: Judged, how: str, *, severity: Severity | None = None
) -> Remediate:
    """Move to the remediation key, never to a weaker algorithm: DSSE stays DSSE.

    A bucket that leaves SSE-S3 gets a Bucket Key. In every other case the setting is kept, because it
    changes the encryption context, which policies may depend on (E14).
    """
    found = SseAlgorithm(judged.algorithm)
    change = EncryptionChange(
        setting=judged.subject.setting,
        algorithm=max(found, requirements.required, key=STRENGTH.__getitem__),
        key_arn=requirements.remediation_key,
        bucket_key=True if found is SseAlgorithm.SSE_S3 else None,
    )
    reason = f"{judged.subject.is_encrypted} {how}"
    return Remediate(change=change, severity=severity or judged.severity, reason=reason)


def _foreign_key(requirements: Requirements, judged: Judged, key: KeyReference) -> Remediate | Manual:
    """A call that did not set the key is no reason to replace it: it may be the organization's own key."""
    how = (
        f"under {named(key.text)}, a key of another account that is not approved: "
        "that account decides who can read, and can take access away from everyone"
    )
    if elsewhere := key.why_elsewhere(requirements.partition, requirements.region):
        how += f"; {judged.subject.is_broken}, because {elsewhere}"
    if judged.set_by_call:
        return to_remediation_key(requirements, judged, how, severity=Severity.CRITICAL)
    return Manual(
        severity=Severity.CRITICAL,
        reason=f"{judged.subject.is_encrypted} {how}. It is not replaced, because this call did not set it, "
        f"and a swap could let more callers read {judged.subject.name}",
        recommendation=f"find out who set it; if account {named(key.account or '')} should hold the key, add "
        "its ARN to ApprovedKeys, else set an approved key",
    )


def _unapproved_key(requirements: Requirements, judged: Judged, key: KmsKey) -> Remediate | Manual:
    reason = _why_unapproved(requirements, key)
    if requirements.replace_unapproved:
        remediate = to_remediation_key(requirements, judged, "", severity=Severity.HIGH)
        return Remediate(change=remediate.change, severity=Severity.HIGH, reason=reason)
    return Manual(
        severity=Severity.HIGH,
        reason=f"{reason}; replacing it could let more callers read {judged.subject.name}",
        recommendation=(
            "list the key in ApprovedKeys, choose an approved key, or set ReplaceUnapprovedKeys=true"
        ),
    )


def _why_unapproved(requirements: Requirements, key: KmsKey) -> str:
    arn = named(key.arn)
    is_unlisted = f"{arn} is a key of this account that is not in the list of approved keys"
    if not (outside := key.why_not_kms_alone):
        return is_unlisted
    ransom = f"{outside}: {HELD_OUTSIDE}"
    if requirements.listed_keys is not None:
        return f"{is_unlisted}, and {ransom}"
    return f"{arn} is a key of this account, but {ransom}, so ApprovedKeys=account does not approve it"


def _broken_key(judged: Judged, key_id: str, why: str) -> Manual:
    return Manual(
        severity=Severity.CRITICAL,
        reason=f"{judged.subject.is_broken}: the KMS key {named(key_id)} cannot be used, because {why}",
        recommendation="enable the key or cancel its deletion, or choose an approved key that is enabled",
    )


def _unreadable_key(requirements: Requirements, judged: Judged, key_id: str) -> Manual:
    approved = requirements.names_approved(key_id)
    reason = (
        "it is approved, but Reseal cannot see whether it is usable"
        if approved
        else "Reseal cannot see whether it is approved"
    )
    return Manual(
        severity=Severity.LOW if approved else Severity.MEDIUM,
        reason=f"kms:DescribeKey is denied on the key {named(key_id)} of {judged.subject.name}: {reason}",
        recommendation="allow kms:DescribeKey to Reseal's role in the policy of that key",
    )


def _unknown_algorithm(judged: Judged) -> Manual:
    return Manual(
        severity=Severity.MEDIUM,
        reason=f"{judged.subject.is_encrypted} with {quoted(judged.algorithm)}, which Reseal does not know",
        recommendation="check whether a newer version of Reseal supports it",
    )
