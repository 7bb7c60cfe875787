"""The decision table of docs/checks.md for objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseal.core.checks.object_encryption import ObservedEncryption, decide_object_encryption
from reseal.core.decision import Compliant, Decision, Manual, Remediate, Severity
from reseal.core.policy.requirements import Requirements
from reseal.core.state.bucket_encryption import STRENGTH, SseAlgorithm
from reseal.core.state.change import intended_for
from reseal.core.state.kms_key import KeyDescription, KeyNotFound, KeyUnreadable, KmsKey, parse_key_reference
from reseal.core.state.object_encryption import CUSTOMER_KEY, ObjectEncryption
from tests.support.builders import (
    DSSE_KMS,
    PARTNER_KEY,
    SSE_KMS,
    SSE_S3,
    STRANGER_KEY,
    TEAM_KEY,
    UNLISTED_KEY,
    K,
    a_bucket_context,
    a_key,
    an_object_call,
    key_arn,
    object_encryption,
    requirements,
)

LISTED = frozenset({TEAM_KEY, PARTNER_KEY})
AWS_MANAGED_KEY = key_arn("aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa")
OTHER_REGION_KEY = key_arn("55555555-5555-5555-5555-555555555555", region="eu-west-1")
AWS_S3 = a_key(AWS_MANAGED_KEY, manager="AWS")

COMPLIANT, BROKEN, UNKNOWN = "compliant", "CRITICAL: manual", "MEDIUM: manual"
POLICIES = {
    "account, SSE-KMS": requirements(),
    "list, SSE-KMS": requirements(listed_keys=LISTED),
    "list, SSE-KMS, replace": requirements(listed_keys=LISTED, replace_unapproved=True),
    "account, DSSE-KMS": requirements(required=DSSE_KMS),
    "list, DSSE-KMS": requirements(required=DSSE_KMS, listed_keys=LISTED),
    "list, DSSE-KMS, replace": requirements(required=DSSE_KMS, listed_keys=LISTED, replace_unapproved=True),
}


def in_words(decision: Decision) -> str:
    if isinstance(decision, Manual):
        return f"{decision.severity.name}: manual"
    if isinstance(decision, Remediate):
        change = decision.change
        return (
            f"{decision.severity.name}: {change.algorithm} under {'K' if change.key_arn == K else 'its key'}"
        )
    return "compliant"


def described(
    policy: Requirements, found: ObjectEncryption, key: KeyDescription | None
) -> KeyDescription | None:
    """What the pipeline asks KMS: nothing that cannot matter."""
    reference = parse_key_reference(found.key_id or "")
    return key if found.key_id and policy.must_describe(reference) else None


def decide(
    policy: Requirements, found: ObjectEncryption, key: KeyDescription | None, call: str = "PutObject"
) -> Decision:
    return decide_object_encryption(
        policy,
        an_object_call(call),
        ObservedEncryption(encryption=found, kms_key=described(policy, found, key)),
    )


def everywhere(same: str) -> dict[str, str]:
    return dict.fromkeys(POLICIES, same)


def by(required: Mapping[SseAlgorithm, str]) -> dict[str, str]:
    """The same in every policy of the same required algorithm."""
    return {name: required[policy.required] for name, policy in POLICIES.items()}


TO_K = by({SSE_KMS: "MEDIUM: aws:kms under K", DSSE_KMS: "MEDIUM: aws:kms:dsse under K"})
TO_K_CRITICAL = by({SSE_KMS: "CRITICAL: aws:kms under K", DSSE_KMS: "CRITICAL: aws:kms:dsse under K"})
STRONGER = by({SSE_KMS: COMPLIANT, DSSE_KMS: "MEDIUM: aws:kms:dsse under its key"})
UNLISTED = {
    "account, SSE-KMS": COMPLIANT,
    "list, SSE-KMS": "HIGH: manual",
    "list, SSE-KMS, replace": "HIGH: aws:kms under K",
    "account, DSSE-KMS": "MEDIUM: aws:kms:dsse under its key",
    "list, DSSE-KMS": "HIGH: manual",
    "list, DSSE-KMS, replace": "HIGH: aws:kms:dsse under K",
}
UNLISTED_DSSE = {
    name: {"HIGH: aws:kms under K": "HIGH: aws:kms:dsse under K"}.get(end, end)
    if name.startswith("list")
    else COMPLIANT
    for name, end in UNLISTED.items()
}
PARTNERS = {name: STRONGER[name] if name.startswith("list") else TO_K_CRITICAL[name] for name in POLICIES}


@dataclass(frozen=True)
class Row:
    name: str
    found: ObjectEncryption
    key: KeyDescription | None
    ends: dict[str, str]


def kms(key_id: str | None, algorithm: str = SSE_KMS) -> ObjectEncryption:
    return object_encryption(algorithm, key_id)


ROWS = [
    Row("SSE-S3", object_encryption(), None, TO_K),
    Row("never encrypted", object_encryption(None), None, TO_K),
    Row("SSE-C", CUSTOMER_KEY, None, everywhere(BROKEN)),
    Row("unknown algorithm", object_encryption("aws:fsx"), None, everywhere(UNKNOWN)),
    Row("aws/s3 by its ARN", kms(AWS_MANAGED_KEY), AWS_S3, TO_K),
    Row("aws/s3, not named", kms(None), None, TO_K),
    Row("aws/s3, DSSE", kms(AWS_MANAGED_KEY, DSSE_KMS), AWS_S3, everywhere("MEDIUM: aws:kms:dsse under K")),
    Row("K", kms(K), a_key(K), STRONGER),
    Row("the team's key", kms(TEAM_KEY), a_key(TEAM_KEY), STRONGER),
    Row("the team's key, DSSE", kms(TEAM_KEY, DSSE_KMS), a_key(TEAM_KEY), everywhere(COMPLIANT)),
    Row("an unlisted key", kms(UNLISTED_KEY), a_key(UNLISTED_KEY), UNLISTED),
    Row("an unlisted key, DSSE", kms(UNLISTED_KEY, DSSE_KMS), a_key(UNLISTED_KEY), UNLISTED_DSSE),
    Row("a key with imported material", kms(UNLISTED_KEY), a_key(UNLISTED_KEY, origin="EXTERNAL"),
        UNLISTED | dict.fromkeys(("account, SSE-KMS", "account, DSSE-KMS"), "HIGH: manual")),
    Row("a listed key with imported material", kms(PARTNER_KEY), a_key(PARTNER_KEY, origin="EXTERNAL"),
        PARTNERS),
    Row("a key of CloudHSM", kms(UNLISTED_KEY), a_key(UNLISTED_KEY, origin="AWS_CLOUDHSM"), UNLISTED),
    Row("the partner's key", kms(PARTNER_KEY), a_key(PARTNER_KEY), PARTNERS),
    Row("another account's key", kms(STRANGER_KEY), None, TO_K_CRITICAL),
    Row("another account's key, DSSE", kms(STRANGER_KEY, DSSE_KMS), None,
        everywhere("CRITICAL: aws:kms:dsse under K")),
    Row("a disabled key", kms(TEAM_KEY), a_key(TEAM_KEY, state="Disabled"), everywhere(BROKEN)),
    Row("a key to be deleted", kms(TEAM_KEY), a_key(TEAM_KEY, state="PendingDeletion"), everywhere(BROKEN)),
    Row("K disabled", kms(K), a_key(K, state="Disabled"), everywhere(BROKEN)),
    Row("a key that is not found", kms(TEAM_KEY), KeyNotFound(named=TEAM_KEY), everywhere(BROKEN)),
    Row("a key of another Region", kms(OTHER_REGION_KEY), a_key(OTHER_REGION_KEY), everywhere(BROKEN)),
    Row("the team's key, unreadable", kms(TEAM_KEY), KeyUnreadable(named=TEAM_KEY),
        {name: "LOW: manual" if name.startswith("list") else UNKNOWN for name in POLICIES}),
    Row("an unlisted key, unreadable", kms(UNLISTED_KEY), KeyUnreadable(named=UNLISTED_KEY),
        everywhere(UNKNOWN)),
]  # fmt: skip


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_decision_is_the_tables(row: Row, policy: str) -> None:
    assert in_words(decide(POLICIES[policy], row.found, row.key)) == row.ends[policy]


def test_taking_an_object_away_from_its_key_is_more_severe_than_writing_a_new_one() -> None:
    found = object_encryption()

    moved = decide(requirements(), found, None, "UpdateObjectEncryption")

    assert isinstance(moved, Remediate)
    assert moved.severity is Severity.HIGH


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("SSE-S3", "the object is encrypted with SSE-S3, whose key this account cannot control"),
        (
            "aws/s3 by its ARN",
            "the object is encrypted under aws/s3, a key that its users cannot share, control or disable",
        ),
        (
            "another account's key",
            "a key of another account that is not approved: that account decides who can read",
        ),
        (
            "a disabled key",
            f"the object cannot be read: the KMS key {TEAM_KEY} cannot be used, because its state is",
        ),
        ("an unlisted key", "replacing it could let more callers read the object"),
        ("SSE-C", "only its writer has the key. Ransomware does this"),
        ("unknown algorithm", "the object is encrypted with 'aws:fsx', which Reseal does not know"),
        ("an unlisted key, unreadable", "of the object: Reseal cannot see whether it is approved"),
    ],
)
def test_a_reason_speaks_of_the_object(row: str, reason: str) -> None:
    (found,) = (candidate for candidate in ROWS if candidate.name == row)

    decision = decide(requirements(listed_keys=LISTED), found.found, found.key)

    assert not isinstance(decision, Compliant)
    assert reason in decision.reason
    assert "bucket" not in decision.reason


CASES = st.sampled_from(ROWS)
ANY_POLICY = st.sampled_from(sorted(POLICIES)).map(POLICIES.__getitem__)
ANY_CALL = st.sampled_from(["PutObject", "CopyObject", "CompleteMultipartUpload", "UpdateObjectEncryption"])


@given(CASES, ANY_POLICY, ANY_CALL, st.booleans())
def test_repairs_converge(row: Row, policy: Requirements, call: str, bucket_key: bool) -> None:
    decision = decide(policy, row.found, row.key, call)
    if not isinstance(decision, Remediate):
        return

    after = intended_for(row.found, decision.change, a_bucket_context(bucket_key=bucket_key))

    key = a_key(K) if after.key_id == K else row.key
    assert isinstance(decide(policy, after, key, call), Compliant)


@given(CASES, ANY_POLICY, ANY_CALL)
def test_no_repair_weakens_the_algorithm_or_names_a_key_but_the_remediation_key(
    row: Row, policy: Requirements, call: str
) -> None:
    decision = decide(policy, row.found, row.key, call)
    if not isinstance(decision, Remediate):
        return

    after = intended_for(row.found, decision.change, a_bucket_context())

    before = SseAlgorithm(row.found.algorithm or SSE_S3)
    assert STRENGTH[SseAlgorithm(after.algorithm or "")] >= STRENGTH[before]
    assert after.key_id in {row.found.key_id, K}


@given(CASES, ANY_POLICY)
def test_an_approved_key_is_never_swapped(row: Row, policy: Requirements) -> None:
    decision = decide(policy, row.found, row.key)
    is_approved = isinstance(row.key, KmsKey) and policy.approves(row.key)

    assert not (is_approved and isinstance(decision, Remediate) and decision.change.key_arn)


@given(st.booleans(), st.sampled_from([SSE_KMS, DSSE_KMS]))
def test_a_bucket_key_is_as_the_bucket_has_it_where_there_can_be_one(
    bucket_key: bool, required: SseAlgorithm
) -> None:
    decision = decide(requirements(required=required), object_encryption(), None)
    assert isinstance(decision, Remediate)

    after = intended_for(object_encryption(), decision.change, a_bucket_context(bucket_key=bucket_key))

    assert after.bucket_key is (bucket_key and required == SSE_KMS)
