"""Step 3: copies that a replication rule hands to another account are reported."""

from __future__ import annotations

import pytest

from reseal.core.access.key_policy import KeyPolicy
from reseal.core.checks.buckets.key_access import decide_key_access
from reseal.core.checks.buckets.observed_bucket import ObservedBucket
from reseal.core.decision import Compliant, Decision, Manual, Severity
from reseal.core.state.bucket_access import BucketAccess, ReplicationRule
from reseal.core.state.kms_key import KeyUnreadable
from tests.support.builders import (
    ACCOUNT,
    OTHER_ACCOUNT,
    PARTNER_KEY,
    REGION,
    SSE_KMS,
    STRANGER_KEY,
    TEAM_KEY,
    a_call,
    encryption,
    requirements,
)
from tests.support.fakes.services import NOON

REQUIREMENTS = requirements(listed_keys=frozenset({TEAM_KEY, PARTNER_KEY}))
REPLICATES = "PutBucketReplication"


def rule(account: str | None = None, key_id: str | None = None, *, enabled: bool = True) -> ReplicationRule:
    return ReplicationRule(
        id="to-dr", enabled=enabled, takes_kms_objects=True, account=account, key_id=key_id
    )


def decided(rules: list[ReplicationRule], call: str = REPLICATES) -> Decision:
    observed = ObservedBucket(
        read_at=NOON, encryption=encryption(), access=BucketAccess(replication=tuple(rules))
    )
    return decide_key_access(REQUIREMENTS, a_call(call), observed)


@pytest.mark.parametrize(
    "reported",
    [
        rule(OTHER_ACCOUNT),
        rule(OTHER_ACCOUNT, STRANGER_KEY),
        rule(OTHER_ACCOUNT, TEAM_KEY.replace("1111-", "9999-")),
        rule(None, STRANGER_KEY),
        rule(ACCOUNT, STRANGER_KEY),
        rule(None, STRANGER_KEY.replace("key/", "alias/")),
    ],
)
def test_copies_of_another_account_are_reported(reported: ReplicationRule) -> None:
    decision = decided([rule(), reported])

    assert isinstance(decision, Manual)
    assert decision.severity is Severity.HIGH
    assert "replication rule 'to-dr' copies new objects to account" in decision.reason


@pytest.mark.parametrize(
    "quiet",
    [
        rule(),
        rule(ACCOUNT),
        rule(ACCOUNT, TEAM_KEY),
        rule(None, "alias/dr"),
        rule(OTHER_ACCOUNT, PARTNER_KEY),
        rule(OTHER_ACCOUNT, STRANGER_KEY, enabled=False),
    ],
)
def test_copies_of_this_account_or_under_an_approved_key_are_compliant(quiet: ReplicationRule) -> None:
    assert isinstance(decided([quiet]), Compliant)


def test_copies_are_reported_of_the_call_that_can_have_asked_for_them() -> None:
    assert isinstance(decided([rule(OTHER_ACCOUNT)], "PutBucketPolicy"), Compliant)


def test_bucket_that_the_call_opened_to_nobody_is_compliant() -> None:
    unread = ObservedBucket(read_at=NOON, encryption=encryption())

    assert isinstance(decide_key_access(REQUIREMENTS, a_call("PutBucketPolicy"), unread), Compliant)


def test_copies_and_lost_callers_are_reported_together_with_the_higher_severity() -> None:
    access = BucketAccess(replication=(rule(OTHER_ACCOUNT),), serves_website=True)
    key = KeyPolicy(key_arn=TEAM_KEY, document={"Statement": []}, account=ACCOUNT, region=REGION)
    observed = ObservedBucket(
        read_at=NOON, encryption=encryption(SSE_KMS, TEAM_KEY), access=access, key_policy=key
    )

    decision = decide_key_access(REQUIREMENTS, a_call(REPLICATES), observed)

    assert isinstance(decision, Manual)
    assert decision.severity is Severity.CRITICAL
    assert "website" in decision.reason
    assert "copies new objects" in decision.reason
    assert "revert PutBucketReplication" in decision.recommendation
    assert "remove rule 'to-dr'" in decision.recommendation


@pytest.mark.parametrize("call", ["PutBucketPolicy", "PutBucketAcl", "PutBucketWebsite", REPLICATES])
def test_key_that_reseal_may_not_describe_is_reported_where_access_may_have_been_granted(call: str) -> None:
    unreadable = ObservedBucket(
        read_at=NOON, encryption=encryption(SSE_KMS, TEAM_KEY), kms_key=KeyUnreadable(named=TEAM_KEY)
    )

    decision = decide_key_access(REQUIREMENTS, a_call(call), unreadable)

    assert isinstance(decision, Manual)
    assert decision.severity is Severity.HIGH
    assert "kms:DescribeKey" in decision.reason
    assert TEAM_KEY in decision.reason


def test_key_that_reseal_may_not_describe_says_nothing_of_access_where_none_was_granted() -> None:
    unreadable = ObservedBucket(
        read_at=NOON, encryption=encryption(SSE_KMS, TEAM_KEY), kms_key=KeyUnreadable(named=TEAM_KEY)
    )

    assert isinstance(decide_key_access(REQUIREMENTS, a_call("PutBucketEncryption"), unreadable), Compliant)
