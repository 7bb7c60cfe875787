"""Convergence on a real bucket: after a remediation the same checks decide Compliant.

Only ledger, topic and telemetry are fakes; S3Buckets and KmsKeys are real, on two local clouds: whether a
PutBucketEncryption without BlockedEncryptionTypes keeps the block is UNCONFIRMED (E5).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localcloud.client.handle import LocalCloud
from reseal.core.checks.catalogue import Decisions
from reseal.core.decision import Compliant, Remediate
from reseal.core.outcome import Applied
from reseal.core.policy.policy import Policy
from reseal.core.policy.requirements import Mode
from reseal.core.state.bucket_encryption import STRENGTH, SseAlgorithm
from tests.contract.aws.enforced_bucket import (
    EnforcedBucket,
    an_enforced_bucket,
    observed,
    policies,
    policy_of,
    put,
)
from tests.contract.worlds.calls import ACCOUNT
from tests.support.environments import environment_python

EXAMPLES = 80
UNUSABLE = ["disabled", "unknown", "other Region", "asymmetric"]


@pytest.fixture(scope="module", params=[(), ("--put-drops-sse-c-block",)], ids=["keeps", "drops"])
def target(request: pytest.FixtureRequest) -> Iterator[EnforcedBucket]:
    switches = ("--new-buckets-allow-sse-c", *request.param)
    with LocalCloud.start(python=environment_python("cloud"), switches=switches) as cloud:
        yield an_enforced_bucket(cloud, cloud.account_root(ACCOUNT))


def enforced(policy: Policy, decisions: Decisions) -> list[str]:
    """The checks that found something to remediate and are in enforce mode."""
    return [
        check
        for check, decision in decisions.items()
        if isinstance(decision, Remediate) and policy.default.mode_of(check) is Mode.ENFORCE
    ]


_REAL = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@_REAL
@given(drawn=policies(), found=observed())
def test_remediated_bucket_is_compliant_at_the_next_check(
    target: EnforcedBucket, drawn: dict[str, Any], found: Any
) -> None:
    policy = policy_of(target, drawn)
    put(target, found)

    first = target.enforce(policy)
    second = target.enforce(policy)

    remediated = enforced(policy, first.decisions)
    assert isinstance(first.outcome, Applied) == bool(remediated)
    assert all(isinstance(second.decisions[check], Compliant) for check in remediated)
    assert second.outcome is None


@_REAL
@given(drawn=policies(), found=observed())
def test_remediation_changes_only_what_its_checks_require(
    target: EnforcedBucket, drawn: dict[str, Any], found: Any
) -> None:
    policy = policy_of(target, drawn)
    before = put(target, found)

    event_result = target.enforce(policy)

    after, checks = target.buckets.read_encryption(target.bucket), enforced(policy, event_result.decisions)
    assert STRENGTH[SseAlgorithm(after.algorithm)] >= STRENGTH[SseAlgorithm(before.algorithm)]
    assert after.key_id in {before.key_id, policy.default.remediation_key}
    assert after.blocks_sse_c == (before.blocks_sse_c or "S3.BucketSseCBlock" in checks)
    assert checks or after == before
    if "S3.BucketDefaultEncryption" not in checks:
        assert replace(after, bucket_key=before.bucket_key, blocked=before.blocked) == before


@_REAL
@given(
    drawn=policies(),
    found=observed(),
    k=st.sampled_from(["disabled", "unknown", "other Region", "asymmetric"]),
)
def test_unusable_key_is_never_written(
    target: EnforcedBucket, drawn: dict[str, Any], found: Any, k: str
) -> None:
    policy = policy_of(target, drawn, k)
    before = put(target, found)

    target.enforce(policy)

    assert target.buckets.read_encryption(target.bucket).key_id == before.key_id
