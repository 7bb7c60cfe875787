"""Step 3, decide: new objects must get at least the required algorithm, under an approved key."""

from __future__ import annotations

from reseal.core.access.grantees import writers_of_other_accounts
from reseal.core.calls.trigger import BucketTrigger
from reseal.core.checks.buckets.intent import SEVERITY, can_have_set, intent_of
from reseal.core.checks.buckets.observed_bucket import ObservedBucket
from reseal.core.decision import Compliant, Decision, Manual, Severity
from reseal.core.policy.judgement import Judged, Subject, judge_encryption
from reseal.core.policy.requirements import Requirements
from reseal.core.state.setting import Setting
from reseal.core.text.quoted import named, quoted, some_of

DEFAULT_ENCRYPTION = "S3.BucketDefaultEncryption"
_BUCKET = Subject(
    setting=Setting.BUCKET_ENCRYPTION,
    is_encrypted="new objects are encrypted",
    is_broken="writes to this bucket fail",
    name="the bucket",
)


def decide_default_encryption(
    requirements: Requirements, call: BucketTrigger, observed: ObservedBucket
) -> Decision:
    """Decide by the table of docs/checks.md, and find key names that other accounts resolve differently."""
    found = observed.encryption
    decision = judge_encryption(
        requirements,
        Judged(
            subject=_BUCKET,
            algorithm=found.algorithm,
            key_id=found.key_id,
            key=observed.kms_key,
            severity=SEVERITY[intent_of(call, observed)],
            set_by_call=can_have_set(call, found),
        ),
    )
    if not isinstance(decision, Compliant):
        return decision
    return _unless_ambiguous(requirements, observed, decision)


def _unless_ambiguous(requirements: Requirements, observed: ObservedBucket, compliant: Compliant) -> Decision:
    """For writers of other accounts, a bare id or alias names another key or no key (E10)."""
    key_id, access = observed.encryption.key_id or "", observed.access
    if access is None or not observed.is_named_by_writers:
        return compliant
    writers = writers_of_other_accounts(access.policy or {}, requirements.account)
    if not writers:
        return compliant
    return Manual(
        severity=Severity.LOW,
        reason=f"the bucket names its key {quoted(key_id)}. S3 looks that up in each writer's own account, "
        f"and the bucket policy admits writers of {some_of([named(writer) for writer in writers])}",
        recommendation="name the key by its full ARN",
    )
