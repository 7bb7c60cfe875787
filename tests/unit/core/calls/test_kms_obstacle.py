"""Signs in a record that its caller fails under a KMS key, and where a finding says so."""

from __future__ import annotations

from typing import Any

import pytest

from reseal.core.calls.bucket_call import parse_bucket_call
from reseal.core.calls.kms_obstacle import obstacle_in
from reseal.core.calls.object_call import parse_object_call
from reseal.core.decision import Decision, Manual, Remediate, Severity
from reseal.core.findings.results import CheckResult, findings_of
from reseal.core.state.change import EncryptionChange
from tests.support.builders import DEFAULT_ENCRYPTION, K, a_body, a_record, an_object_body, requirements

SIGV2, SIGV4 = {"SignatureVersion": "SigV2"}, {"SignatureVersion": "SigV4"}
BY_SERVICE = {"type": "AWSService", "invokedBy": "delivery.logs.amazonaws.com"}
FOR_A_USER = {"type": "AssumedRole", "invokedBy": "cloudformation.amazonaws.com"}
TO_K = Remediate(change=EncryptionChange(key_arn=K), severity=Severity.HIGH, reason="lowered")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, []),
        ({"additionalEventData": SIGV4}, []),
        ({"additionalEventData": SIGV2}, ["SigV2"]),
        ({"additionalEventData": "SigV2"}, []),
        ({"tlsDetails": None}, ["plain HTTP"]),
        ({"tlsDetails": {}}, ["plain HTTP"]),
        ({"tlsDetails": None, "additionalEventData": SIGV2}, ["SigV2", "plain HTTP"]),
        ({"tlsDetails": None, "userIdentity": BY_SERVICE}, []),
        ({"tlsDetails": None, "userIdentity": FOR_A_USER}, []),
        ({"tlsDetails": None, "userIdentity": None}, ["plain HTTP"]),
    ],
)
def test_sigv2_and_a_record_without_tls_are_obstacles(changes: dict[str, Any], words: list[str]) -> None:
    found = obstacle_in(a_record(**changes)) or ""

    assert [word for word in ("SigV2", "plain HTTP") if word in found] == words


def test_calls_on_buckets_and_objects_carry_it() -> None:
    bucket = parse_bucket_call(a_body(additionalEventData=SIGV2))
    written = parse_object_call(an_object_body(additionalEventData=SIGV2))

    assert bucket.obstacle == written.obstacle == "the caller signs with SigV2"


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        (TO_K, True),
        (Remediate(change=EncryptionChange(bucket_key=True), severity=Severity.LOW, reason="off"), False),
        (Manual(severity=Severity.LOW, reason="held", recommendation="look"), False),
    ],
    ids=["move to a key", "Bucket Key", "manual"],
)
def test_only_the_finding_of_a_move_to_a_key_says_it(decision: Decision, said: bool) -> None:
    call = parse_bucket_call(a_body(additionalEventData=SIGV2))

    result = CheckResult(decision=decision, before=None)

    (finding,) = findings_of(requirements(), call, {DEFAULT_ENCRYPTION: result})

    assert ("SigV2: S3 refuses that for objects under a KMS key" in finding.reason) is said
