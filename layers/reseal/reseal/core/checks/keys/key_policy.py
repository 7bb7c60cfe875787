"""Step 3, decide: a key policy must neither open the key to the world nor lock its account out.

Which single readers and writers of a bucket it admits is judged with the bucket (`S3.BucketKeyAccess`): the
lane asks for that.

Sources: AWS KMS Developer Guide, "Key policies", "Condition keys for AWS KMS"; Security Hub KMS.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reseal.core.access.callers import Caller, Kind, named_in
from reseal.core.access.evaluator import RESOURCE, applies, with_variables_of
from reseal.core.access.iam_policy import statements
from reseal.core.access.key_policy import KeyPolicy
from reseal.core.access.ranges import ABSENT, Range, always
from reseal.core.access.requests import Requests
from reseal.core.calls.keys.key_call import KeyCall
from reseal.core.calls.keys.key_message import KeyTrigger
from reseal.core.calls.look import Look
from reseal.core.checks.keys.observed_key import ObservedKey
from reseal.core.decision import Compliant, Decision, Manual, Severity
from reseal.core.policy.requirements import Requirements

KEY_POLICY = "KMS.KeyPolicy"
CHANGES_POLICY = "PutKeyPolicy"
ADMINISTERS = "kms:PutKeyPolicy"
READS = "kms:Decrypt"
MOST_LOOKS = 100
"""Buckets that are looked at after the policy of their key was replaced."""
_TELLING = (
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DisableKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    ADMINISTERS,
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:ScheduleKeyDeletion",
)
"""What nobody outside may do with a key."""

_STRANGER = "999999999999"
"""An account that nobody approved. It is the example of all of them, so no policy can name it for good."""

_OUTSIDE: Mapping[str, Range] = {
    "kms:calleraccount": always(_STRANGER),
    "aws:principalorgid": ABSENT,  # as of an account in no organization
    "aws:principalorgpaths": ABSENT,
    "aws:sourceip": always("192.0.2.1"),
    "aws:sourcevpc": ABSENT,
    "aws:sourcevpce": ABSENT,
    "aws:userid": always("AROASTRANGER0000000000:stranger"),
}


def decide_key_policy(requirements: Requirements, call: KeyTrigger, observed: ObservedKey) -> Decision:
    """Decide by the table of docs/checks.md. A key policy is never rewritten."""
    if call.name != CHANGES_POLICY and not isinstance(call, Look):
        return Compliant("the call does not change the key policy")
    if observed.policy_denied:
        return Manual(
            severity=observed.severity(requirements, Severity.MEDIUM),
            reason="KMS refuses to show Reseal the key policy, so nobody can see who is admitted",
            recommendation="allow kms:GetKeyPolicy and kms:ListKeyPolicies to Reseal's role in that policy",
        )
    if observed.policy is None:
        return Compliant("there is no key policy to judge")
    found = _found(requirements, call, observed, observed.policy)
    if found is None:
        return Compliant("the key policy keeps its administrators and admits no strangers")
    severity, reason, what = found
    if severity > Severity.MEDIUM:
        severity = observed.severity(requirements, severity)
    return Manual(
        severity=severity, reason=f"{reason}: {observed.use_in_words(requirements)}", recommendation=what
    )


_Found = tuple[Severity, str, str]
_RESTORE = "put the former policy back, or correct this one: aws kms put-key-policy"


def _found(
    requirements: Requirements, call: KeyTrigger, observed: ObservedKey, policy: Mapping[str, Any]
) -> _Found | None:
    """The worst of what is wrong with the policy; also that the remediation key's was changed at all."""
    if opened := opened_to_everybody(policy, observed.arn):
        action = ", ".join(opened)
        reason = f"the key policy admits the principals of every AWS account to {action}"
        return Severity.CRITICAL, reason, _RESTORE
    if observed.buckets and not may_be_read(policy, observed.arn, observed.account):
        reason = f"the key policy lets no principal of account {observed.account} read through S3 ({READS})"
        return Severity.CRITICAL, reason, f"{_RESTORE}; if other accounts alone shall read, nothing is wrong"
    if not may_be_administered(policy, observed.arn, observed.account):
        reason = (
            f"the key policy allows no principal of account {observed.account} to change it ({ADMINISTERS})"
        )
        return Severity.HIGH, reason, "ask AWS Support to restore access to the key: nobody else can"
    return None if isinstance(call, Look) else _of_the_call(requirements, call, observed)


def _of_the_call(requirements: Requirements, call: KeyCall, observed: ObservedKey) -> _Found | None:
    """What is worth a look although the policy itself is right."""
    if call.skipped_check:
        reason = "the caller reported KMS to skip the check that a key policy locks nobody out"
        return Severity.HIGH, reason, f"see whether those who need the key can use it; {_RESTORE}"
    if len(observed.buckets) > MOST_LOOKS:
        reason = (
            f"the key policy was replaced, and {len(observed.buckets)} buckets use the key: Reseal looks at "
            f"only {MOST_LOOKS} of them for readers and writers who lost access"
        )
        return Severity.LOW, reason, "start a sweep, which looks at every bucket: make sweep"
    if observed.arn == requirements.remediation_key:
        reason = "the key policy was replaced; it keeps its administrators and admits no strangers"
        return Severity.LOW, reason, "if this was no deployment of yours, compare it with the former policy"
    return None


def opened_to_everybody(policy: Mapping[str, Any], key_arn: str) -> tuple[str, ...]:
    """What a principal of any account may do: whatever no condition refuses to a stranger.

    Conditions on what a caller chooses itself, such as the service it goes through, refuse nobody.
    """
    partition = key_arn.split(":")[1]
    caller = Caller(Kind.ACCOUNT, f"arn:{partition}:iam::{_STRANGER}:role/stranger", _STRANGER)
    asked = with_variables_of(policy, _requests(caller, key_arn, **_OUTSIDE))
    denied = {
        action
        for action in _TELLING
        if any(applies(statement, asked, action) for statement in statements(policy, "Deny"))
    }
    return tuple(
        action
        for action in _TELLING
        if action not in denied
        and any(
            named_in(statement.get("Principal"), caller, denies=False)
            and applies(statement, asked, action) is not False
            for statement in statements(policy, "Allow")
        )
    )


def may_be_administered(policy: Mapping[str, Any], key_arn: str, account: str) -> bool:
    """Whether anybody of the key's account may change the policy. A deleted principal is nobody."""
    return _may_do(policy, _requests(Caller(Kind.ACCOUNT, account, account), key_arn), ADMINISTERS)


def may_be_read(policy: Mapping[str, Any], key_arn: str, account: str) -> bool:
    """Whether anybody of the key's account may decrypt with the key through S3, in the key's Region."""
    key = KeyPolicy(key_arn=key_arn, document=policy, account=account, region=key_arn.split(":")[3])
    everybody = Requests.of(Caller(Kind.ACCOUNT, account, account), key.partition)
    return _may_do(policy, key.through_s3(everybody.having({RESOURCE: Range(present=True)})), READS)


def _may_do(policy: Mapping[str, Any], requests: Requests, action: str) -> bool:
    """Whether some of the requests may be allowed: none is if a Deny hits all of them."""
    asked = with_variables_of(policy, requests)
    if any(applies(statement, asked, action) for statement in statements(policy, "Deny")):
        return False
    return any(applies(statement, asked, action) is not False for statement in statements(policy, "Allow"))


def _requests(caller: Caller, key_arn: str, **known: Range) -> Requests:
    of_the_key = {
        RESOURCE: always(key_arn),
        "aws:resourceaccount": always(key_arn.split(":")[4]),
        "aws:securetransport": always("true"),
    }
    own = {"kms:calleraccount": always(caller.account or "")}
    return Requests.of(caller, key_arn.split(":")[1]).having({**of_the_key, **own, **known})
