from __future__ import annotations

from dataclasses import replace

import pytest

from reseal.core.calls.bucket_call import BucketCall
from reseal.core.checks.buckets.sse_c_block import decide_sse_c_block
from reseal.core.decision import Compliant, Manual, Remediate, Severity
from reseal.core.state.change import EncryptionChange
from tests.support.builders import SSE_KMS, TEAM_KEY, a_call, encryption, observe, requirements, stated
from tests.support.fakes.services import NOON

REQUIREMENTS = requirements()


@pytest.mark.parametrize("blocked", [("SSE-C",), ("SSE-X", "SSE-C")], ids=["alone", "with another"])
def test_a_bucket_that_blocks_sse_c_is_compliant(blocked: tuple[str, ...]) -> None:
    observed = observe(REQUIREMENTS, encryption(SSE_KMS, TEAM_KEY, blocked=blocked))

    decision = decide_sse_c_block(REQUIREMENTS, a_call(), observed)

    assert isinstance(decision, Compliant)


@pytest.mark.parametrize(
    "blocked", [None, (), ("NONE",), ("SSE-X",)], ids=["absent", "empty", "NONE", "other"]
)
def test_a_bucket_that_does_not_block_sse_c_gets_the_block_and_nothing_else(
    blocked: tuple[str, ...] | None,
) -> None:
    observed = observe(REQUIREMENTS, encryption(SSE_KMS, TEAM_KEY, blocked=blocked))

    decision = decide_sse_c_block(REQUIREMENTS, a_call(), observed)

    assert isinstance(decision, Remediate)
    assert decision.change == EncryptionChange(block_sse_c=True)


@pytest.mark.parametrize(
    ("call", "severity"),
    [
        pytest.param(a_call(stated=stated("AES256", unblocks_sse_c=True)), Severity.HIGH, id="unblocked"),
        pytest.param(a_call(stated=stated("AES256")), Severity.MEDIUM, id="not mentioned"),
        pytest.param(a_call(stated=None), Severity.MEDIUM, id="not recorded"),
        pytest.param(a_call("DeleteBucketEncryption"), Severity.MEDIUM, id="deleted"),
        pytest.param(a_call("PutBucketPolicy"), Severity.MEDIUM, id="drift"),
        pytest.param(a_call("CreateBucket"), Severity.INFORMATIONAL, id="new bucket"),
    ],
)
def test_only_unblocking_on_purpose_is_severe(call: BucketCall, severity: Severity) -> None:
    observed = replace(observe(REQUIREMENTS, encryption(blocked=None)), created=NOON)

    decision = decide_sse_c_block(REQUIREMENTS, call, observed)

    assert isinstance(decision, Remediate)
    assert decision.severity is severity


def test_a_rule_with_an_unknown_algorithm_is_not_rewritten() -> None:
    observed = observe(REQUIREMENTS, encryption("aws:fsx", blocked=None))

    decision = decide_sse_c_block(REQUIREMENTS, a_call(), observed)

    assert isinstance(decision, Manual)
    assert decision.severity is Severity.MEDIUM
