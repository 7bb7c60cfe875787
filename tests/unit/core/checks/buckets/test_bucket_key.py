from __future__ import annotations

import pytest

from reseal.core.checks.buckets.bucket_key import decide_bucket_key
from reseal.core.decision import Compliant, Decision, Remediate, Severity
from reseal.core.state.bucket_encryption import BucketEncryption, SseAlgorithm
from reseal.core.state.change import EncryptionChange
from tests.support.builders import (
    DSSE_KMS,
    SSE_KMS,
    SSE_S3,
    TEAM_KEY,
    a_call,
    encryption,
    observe,
    requirements,
)


def decide(
    found: BucketEncryption, *, algorithm: SseAlgorithm = SSE_KMS, call_name: str = "PutBucketEncryption"
) -> Decision:
    required = requirements(required=algorithm)
    return decide_bucket_key(required, a_call(call_name), observe(required, found))


@pytest.mark.parametrize(
    ("required", "found"),
    [
        pytest.param(SSE_KMS, encryption(SSE_S3), id="SSE-S3"),
        pytest.param(SSE_KMS, encryption(DSSE_KMS, TEAM_KEY), id="DSSE-KMS"),
        pytest.param(SSE_KMS, encryption(SSE_KMS, TEAM_KEY, bucket_key=True), id="on"),
        pytest.param(SSE_KMS, encryption("aws:fsx"), id="unknown algorithm"),
        pytest.param(DSSE_KMS, encryption(SSE_KMS, TEAM_KEY), id="off, but the bucket must become DSSE-KMS"),
    ],
)
def test_nothing_to_switch_on_is_compliant(required: SseAlgorithm, found: BucketEncryption) -> None:
    decision = decide(found, algorithm=required)

    assert isinstance(decision, Compliant)


@pytest.mark.parametrize(
    ("call_name", "severity"),
    [
        pytest.param("CreateBucket", Severity.INFORMATIONAL, id="new bucket"),
        pytest.param("PutBucketEncryption", Severity.LOW, id="switched off"),
        pytest.param("PutBucketPolicy", Severity.LOW, id="drift"),
    ],
)
def test_a_bucket_key_that_is_off_is_switched_on_and_nothing_else(call_name: str, severity: Severity) -> None:
    decision = decide(encryption(SSE_KMS, TEAM_KEY), call_name=call_name)

    assert isinstance(decision, Remediate)
    assert decision.change == EncryptionChange(bucket_key=True)
    assert decision.severity is severity
