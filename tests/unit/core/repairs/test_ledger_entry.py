from __future__ import annotations

import json

import pytest

from reseal.core.decision import Manual, Remediate, Severity, Violation
from reseal.core.outcome import Applied, Failed, Outcome, SkipCause, Skipped
from reseal.core.repairs.ledger_entry import LedgerEntry
from reseal.core.resource import BucketResource, ObjectResource
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.change import EncryptionChange
from reseal.core.state.deny_insecure_transport import DenyInsecureTransport
from reseal.core.state.object_encryption import CUSTOMER_KEY, ObjectEncryption
from reseal.core.state.setting import Setting
from tests.support.builders import (
    BUCKET,
    BUCKET_KEY,
    DEFAULT_ENCRYPTION,
    EVENT_ID,
    SSE_C_BLOCK,
    SSE_KMS,
    K,
    encryption,
    object_encryption,
)
from tests.support.fakes.services import NOON

VIOLATIONS: dict[str, Violation] = {
    DEFAULT_ENCRYPTION: Remediate(
        change=EncryptionChange(algorithm=SSE_KMS, key_arn=K, bucket_key=True),
        severity=Severity.HIGH,
        reason="SSE-S3",
    ),
    BUCKET_KEY: Remediate(
        change=EncryptionChange(bucket_key=False), severity=Severity.INFORMATIONAL, reason="off"
    ),
    SSE_C_BLOCK: Manual(severity=Severity.LOW, reason="ünblocked", recommendation="block it"),
}


@pytest.mark.parametrize(
    "outcome",
    [
        None,
        Applied(after=encryption(SSE_KMS, K, bucket_key=True), at=NOON),
        Skipped(cause=SkipCause.NEWER, reason="newer"),
        Skipped(cause=SkipCause.GONE, reason="gone"),
        Failed(code="AccessDenied", reason="denied", denied_action="s3:PutEncryptionConfiguration"),
        Failed(code="MalformedXML", reason="bad"),
    ],
    ids=lambda outcome: type(outcome).__name__,
)
def test_an_entry_of_a_bucket_survives_the_way_through_json(outcome: Outcome | None) -> None:
    entry = LedgerEntry(
        entry_id=f"{BUCKET}#{EVENT_ID}",
        resource=BucketResource(bucket=BUCKET),
        setting=Setting.BUCKET_ENCRYPTION,
        before=encryption(blocked=None),
        intended=encryption(SSE_KMS, K, bucket_key=True),
        violations=VIOLATIONS,
        checks=(DEFAULT_ENCRYPTION, BUCKET_KEY),
        owner="request/message",
        lease_until=1_800_000_000,
        outcome=outcome,
    )

    restored = LedgerEntry.from_document(json.loads(json.dumps(entry.to_document())))

    assert restored == entry


UNDER_K = object_encryption(SSE_KMS, K, bucket_key=True)


@pytest.mark.parametrize(
    "outcome",
    [
        None,
        Applied(after=UNDER_K, at=NOON),
        Applied(after=UNDER_K, at=NOON, changed=("tags", "ACL")),
        Skipped(cause=SkipCause.NEWER, reason="newer"),
    ],
    ids=["open", "applied", "not quite as before", "skipped"],
)
@pytest.mark.parametrize(
    "before", [object_encryption(), object_encryption(None), CUSTOMER_KEY], ids=["SSE-S3", "none", "SSE-C"]
)
def test_an_entry_of_an_object_survives_the_way_through_json(
    before: ObjectEncryption, outcome: Outcome | None
) -> None:
    entry = LedgerEntry(
        entry_id=f"object#{EVENT_ID}",
        resource=ObjectResource(bucket=BUCKET, object_key="Gehälter/ \x7f.csv", version_id="v1"),
        setting=Setting.OBJECT_ENCRYPTION,
        before=before,
        intended=UNDER_K,
        violations=VIOLATIONS,
        checks=(DEFAULT_ENCRYPTION, BUCKET_KEY),
        owner="request/message",
        lease_until=1_800_000_000,
        action="CopyObject",
        details={"etag": '"e"', "StorageClass": "STANDARD_IA"},
        outcome=outcome,
    )

    restored = LedgerEntry.from_document(json.loads(json.dumps(entry.to_document())))

    assert restored == entry


def test_an_entry_of_a_bucket_policy_survives_the_way_through_json() -> None:
    change = DenyInsecureTransport(bucket_arn=f"arn:aws:s3:::{BUCKET}")
    before = BucketPolicy()
    entry = LedgerEntry(
        entry_id=f"{BUCKET}#{EVENT_ID}#{Setting.BUCKET_POLICY}",
        resource=BucketResource(bucket=BUCKET),
        setting=Setting.BUCKET_POLICY,
        before=before,
        intended=change.applied_to(before),
        violations={"S3.BucketTlsOnly": Remediate(change=change, severity=Severity.HIGH, reason="HTTP")},
        checks=("S3.BucketTlsOnly",),
        owner="request/message",
        lease_until=1_800_000_000,
        action="PutBucketPolicy",
        outcome=Applied(after=change.applied_to(before), at=NOON),
    )

    restored = LedgerEntry.from_document(json.loads(json.dumps(entry.to_document())))

    assert restored == entry
