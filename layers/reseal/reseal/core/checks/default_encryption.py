"""Step 3: is new data encrypted with at least the required algorithm, under an approved key?"""

from __future__ import annotations

from reseal.core.access.grantees import writers_of_other_accounts
from reseal.core.calls.bucket_call import BucketCall
from reseal.core.checks.intent import SEVERITY, intent_of
from reseal.core.checks.judgement import Judged, Subject, judge_encryption
from reseal.core.checks.observed_bucket import ObservedBucket
from reseal.core.decision import Compliant, Decision, Manual, Severity
from reseal.core.policy.policy import Policy
from reseal.core.state.kms_key import parse_key_reference

DEFAULT_ENCRYPTION = "S3.BucketDefaultEncryption"
_BUCKET = Subject(
    is_encrypted="new objects are encrypted", is_broken="writes to this bucket fail", name="the bucket"
)


def decide_default_encryption(policy: Policy, call: BucketCall, observed: ObservedBucket) -> Decision:
    """The table of docs/checks.md, and one more row: a key's name that means another key to other writers."""
    found = observed.encryption
    decision = judge_encryption(
        policy,
        Judged(
            subject=_BUCKET,
            algorithm=found.algorithm,
            key_id=found.key_id,
            key=observed.kms_key,
            severity=SEVERITY[intent_of(call, found)],
        ),
    )
    return decision if not isinstance(decision, Compliant) else _unless_ambiguous(policy, observed, decision)


def _unless_ambiguous(policy: Policy, observed: ObservedBucket, compliant: Compliant) -> Decision:
    """A bare id or alias is another key, or none, to writers of other accounts (E10)."""
    key_id, access = observed.encryption.key_id or "", observed.access
    if access is None or not parse_key_reference(key_id).depends_on_caller:
        return compliant
    writers = writers_of_other_accounts(access.policy or {}, policy.account)
    if not writers:
        return compliant
    return Manual(
        severity=Severity.LOW,
        reason=f"the key is named {key_id!r}, which S3 looks up in the account of each writer, also of "
        + ", ".join(writers),
        recommendation="name the key by its full ARN",
    )
