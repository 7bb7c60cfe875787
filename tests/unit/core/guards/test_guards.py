"""The guards in their order: one tuple for buckets and objects, and what it asks for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseal.core.access.key_policy import KeyPolicy
from reseal.core.decision import Compliant, Decision, Exempt, Manual, Remediate, Severity
from reseal.core.guards.guarded import Guarded, Reads
from reseal.core.guards.guards import GUARDS, guard
from reseal.core.state.bucket_access import BucketAccess
from reseal.core.state.change import EncryptionChange
from reseal.core.state.kms_key import KeyDescription, KeyNotFound
from tests.support.builders import (
    ACCOUNT,
    BUCKET_KEY,
    DEFAULT_ENCRYPTION,
    DSSE_KMS,
    REGION,
    SSE_C_BLOCK,
    SSE_KMS,
    TEAM_KEY,
    K,
    a_key,
    demands,
    encryption,
    object_encryption,
    requirements,
)
from tests.support.guards import a_guarded_bucket, a_guarded_object, reads
from tests.unit.core.access.cases import THE_STACKS_KEY, lets


def remediate(change: EncryptionChange) -> Remediate:
    return Remediate(change=change, severity=Severity.HIGH, reason="because")


TO_K = remediate(EncryptionChange(algorithm=SSE_KMS, key_arn=K, bucket_key=True))
RAISES = remediate(EncryptionChange(algorithm=DSSE_KMS))
TURNS_ON = remediate(EncryptionChange(bucket_key=True))
BLOCKS = remediate(EncryptionChange(block_sse_c=True))
MANUAL = Manual(severity=Severity.LOW, reason="because", recommendation="look")
STACKS = KeyPolicy(key_arn=K, document={"Statement": THE_STACKS_KEY}, account=ACCOUNT, region=REGION)
FOR_OBJECTS = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "kms:*",
    "Resource": "*",
    "Condition": {"StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::*/*"}},
}
BOUND = replace(STACKS, document={"Statement": [*THE_STACKS_KEY, FOR_OBJECTS]})
PUBLIC = BucketAccess(policy_is_public=True)
BOTH = pytest.mark.parametrize(
    "guarded",
    [a_guarded_bucket(encryption()), a_guarded_object(object_encryption())],
    ids=["bucket", "object"],
)


def decided(guarded: Guarded, answers: Reads, decision: Decision = TO_K) -> Decision:
    return guard(requirements(), guarded, answers, {DEFAULT_ENCRYPTION: decision})[DEFAULT_ENCRYPTION]


def reason(guarded: Guarded, answers: Reads) -> str:
    stopped = decided(guarded, answers)
    assert isinstance(stopped, Manual)
    return stopped.reason


@BOTH
def test_each_guard_stops_a_move_in_its_turn(guarded: Guarded) -> None:
    denying = BucketAccess(policy=demands("AES256"))
    public = replace(denying, policy_is_public=True)

    unusable = reason(guarded, reads(key=KeyNotFound(named=K)))
    locked_out = reason(guarded, reads(key=a_key(K), access=public, policy=BOUND))
    denied = reason(guarded, reads(key=a_key(K), access=denying, policy=BOUND))
    bound = reason(guarded, reads(key=a_key(K), access=BucketAccess(), policy=BOUND))

    assert "cannot be used" in unusable
    assert "without a signature" in locked_out
    assert "of the bucket policy denies writes" in denied
    assert "has a condition on the encryption context" in bound


@BOTH
def test_harmless_move_stays(guarded: Guarded) -> None:
    answers = reads(key=a_key(K), access=BucketAccess(), policy=STACKS)

    assert decided(guarded, answers) is TO_K


@BOTH
@pytest.mark.parametrize("decision", [Compliant("good"), Exempt("off"), MANUAL, BLOCKS])
def test_what_writes_no_key_and_no_algorithm_asks_for_nothing(guarded: Guarded, decision: Decision) -> None:
    assert decided(guarded, reads(), decision) is decision


@BOTH
def test_unusable_key_is_all_that_is_asked_for(guarded: Guarded) -> None:
    assert "cannot be used" in reason(guarded, reads(key=KeyNotFound(named=K)))


def test_raise_of_a_bucket_asks_for_its_access_and_not_for_a_key() -> None:
    bucket = a_guarded_bucket(encryption(SSE_KMS, TEAM_KEY), a_key(TEAM_KEY))

    assert decided(bucket, reads(access=BucketAccess()), RAISES) is RAISES


def test_raise_that_locks_somebody_out_names_the_key_that_stays() -> None:
    bucket = a_guarded_bucket(encryption(SSE_KMS, TEAM_KEY), a_key(TEAM_KEY))
    logs = {"Service": f"logs.{REGION}.amazonaws.com"}

    stopped = decided(bucket, reads(access=lets(logs, "s3:PutObject")), RAISES)

    assert isinstance(stopped, Manual)
    assert f"not remediated, because under {TEAM_KEY} the service 'logs" in stopped.reason


def test_raise_of_an_object_keeps_its_readers() -> None:
    one = a_guarded_object(object_encryption(SSE_KMS, TEAM_KEY), a_key(TEAM_KEY))

    assert decided(one, reads(access=PUBLIC), RAISES) is RAISES


def test_new_bucket_key_asks_for_the_policy_of_the_key_alone() -> None:
    bucket = a_guarded_bucket(encryption(SSE_KMS, TEAM_KEY), a_key(TEAM_KEY))
    under_team_key = replace(STACKS, key_arn=TEAM_KEY)

    assert decided(bucket, reads(policy=under_team_key), TURNS_ON) is TURNS_ON


CHANGES = st.builds(
    EncryptionChange,
    algorithm=st.none() | st.sampled_from([SSE_KMS, DSSE_KMS]),
    key_arn=st.none() | st.just(K),
    bucket_key=st.none() | st.booleans(),
    block_sse_c=st.booleans(),
)
DECISIONS = st.dictionaries(
    st.sampled_from([DEFAULT_ENCRYPTION, BUCKET_KEY, SSE_C_BLOCK]),
    st.builds(remediate, CHANGES) | st.sampled_from([Compliant("good"), Exempt("off"), MANUAL]),
)
KEYS = st.sampled_from([a_key(K), a_key(K, state="Disabled"), KeyNotFound(named=K)])
ACCESS = st.sampled_from([BucketAccess(), PUBLIC, BucketAccess(policy=demands("AES256"))])
POLICIES = st.sampled_from([STACKS, BOUND, replace(STACKS, document=None)])
GUARDED = st.sampled_from(
    [
        a_guarded_bucket(encryption()),
        a_guarded_bucket(encryption(SSE_KMS)),
        a_guarded_bucket(encryption(SSE_KMS, TEAM_KEY, bucket_key=True), a_key(TEAM_KEY)),
        a_guarded_object(object_encryption()),
        a_guarded_object(object_encryption(SSE_KMS, TEAM_KEY, bucket_key=True), a_key(TEAM_KEY)),
    ]
)


@given(GUARDED, DECISIONS, KEYS, ACCESS, POLICIES)
def test_guard_keeps_a_decision_or_makes_a_remediation_manual(
    guarded: Guarded,
    decisions: dict[str, Decision],
    key: KeyDescription,
    access: BucketAccess,
    policy: KeyPolicy,
) -> None:
    answers = reads(key=key, access=access, policy=policy)

    for one in GUARDS:
        found = one(requirements(), guarded, answers, decisions)

        assert found.keys() == decisions.keys()
        for check, decision in decisions.items():
            stopped = isinstance(decision, Remediate) and isinstance(found[check], Manual)
            assert found[check] is decision or stopped
