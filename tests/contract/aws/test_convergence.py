"""The core law, on a real bucket: after a remediation the same checks say Compliant.

Every step but evidence and news is real: S3Buckets and KmsKeys on the local cloud.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localcloud.client.handle import Credentials, LocalCloud
from reseal.core.checks.catalogue import Decisions
from reseal.core.decision import Compliant, Remediate
from reseal.core.outcome import Applied
from reseal.core.policy.policy import Mode, Policy
from reseal.core.state.bucket_encryption import STRENGTH, SseAlgorithm
from tests.contract.aws.any_policy import Bench, a_bench, observed, policies, policy_of, put

EXAMPLES = 80
UNUSABLE = ["disabled", "unknown", "elsewhere", "asymmetric"]


@pytest.fixture(scope="module")
def bench(cloud: LocalCloud, user: Credentials) -> Bench:
    return a_bench(cloud, user)


def enforced(policy: Policy, decisions: Decisions) -> list[str]:
    """The checks that had something to put right, and were allowed to."""
    return [
        check
        for check, decision in decisions.items()
        if isinstance(decision, Remediate) and policy.mode_of(check) is Mode.ENFORCE
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
def test_remediated_bucket_is_compliant_when_looked_at_again(
    bench: Bench, drawn: dict[str, Any], found: Any
) -> None:
    policy = policy_of(bench, drawn)
    put(bench, found)

    first = bench.enforce(policy)
    second = bench.enforce(policy)

    remediated = enforced(policy, first.decisions)
    assert isinstance(first.outcome, Applied) == bool(remediated)
    assert all(isinstance(second.decisions[check], Compliant) for check in remediated)
    assert second.outcome is None


@_REAL
@given(drawn=policies(), found=observed())
def test_remediation_changes_nothing_it_did_not_mean_to(
    bench: Bench, drawn: dict[str, Any], found: Any
) -> None:
    policy = policy_of(bench, drawn)
    before = put(bench, found)

    event_result = bench.enforce(policy)

    after, checks = bench.buckets.read_encryption(bench.bucket), enforced(policy, event_result.decisions)
    assert STRENGTH[SseAlgorithm(after.algorithm)] >= STRENGTH[SseAlgorithm(before.algorithm)]
    assert after.key_id in {before.key_id, policy.remediation_key}
    assert after.blocks_sse_c == (before.blocks_sse_c or "S3.BucketSseCBlock" in checks)
    assert checks or after == before
    if "S3.BucketDefaultEncryption" not in checks:
        assert replace(after, bucket_key=before.bucket_key, blocked=before.blocked) == before


@_REAL
@given(
    drawn=policies(), found=observed(), k=st.sampled_from(["disabled", "unknown", "elsewhere", "asymmetric"])
)
def test_unusable_key_is_never_written(bench: Bench, drawn: dict[str, Any], found: Any, k: str) -> None:
    policy = policy_of(bench, drawn, k)
    before = put(bench, found)

    bench.enforce(policy)

    assert bench.buckets.read_encryption(bench.bucket).key_id == before.key_id
