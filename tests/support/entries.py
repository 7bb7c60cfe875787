"""Ledger entries of a bucket and of objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from reseal.core.decision import Manual, Remediate, Severity
from reseal.core.outcome import Applied
from reseal.core.repairs.ledger_entry import LedgerEntry
from reseal.core.resource import BucketResource, ObjectResource
from reseal.core.state.bucket_encryption import BucketEncryption, SseAlgorithm
from reseal.core.state.change import EncryptionChange
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.setting import Setting
from tests.support.fakes.services import NOON

KEY = "arn:aws:kms:us-east-1:222233334444:key/0d9a4c1e-8f27-4b63-a5c0-71e2d3f4b5a6"
LEASE_END = NOON + timedelta(seconds=90)
AFTER_LEASE = LEASE_END + timedelta(seconds=1)
_UNDER_KEY = EncryptionChange(algorithm=SseAlgorithm.SSE_KMS, key_arn=KEY, bucket_key=True)

OF_BUCKET: LedgerEntry[Any] = LedgerEntry(
    entry_id="payroll#7a3e51c4",
    resource=BucketResource(bucket="payroll"),
    setting=Setting.BUCKET_ENCRYPTION,
    before=BucketEncryption(algorithm="AES256"),
    intended=BucketEncryption(algorithm="aws:kms", key_id=KEY, bucket_key=True, blocked=("SSE-C",)),
    violations={
        "S3.BucketDefaultEncryption": Remediate(
            change=_UNDER_KEY, severity=Severity.HIGH, reason="it is under SSE-S3"
        ),
        "S3.BucketSseCBlock": Manual(
            severity=Severity.MEDIUM, reason="not blocked", recommendation="block it"
        ),
    },
    checks=("S3.BucketDefaultEncryption",),
    owner="invocation-1",
    lease_until=int(LEASE_END.timestamp()),
)


def of_object(number: int = 1) -> LedgerEntry[Any]:
    """The entry of a copy of the object `payroll/2026/<number>.csv`."""
    return LedgerEntry(
        entry_id=f"object#{number}",
        resource=ObjectResource(bucket="payroll", object_key=f"2026/{number}.csv"),
        setting=Setting.OBJECT_ENCRYPTION,
        before=ObjectEncryption(algorithm="AES256"),
        intended=ObjectEncryption(algorithm="aws:kms", key_id=KEY, bucket_key=True),
        violations={
            "S3.ObjectEncryption": Remediate(change=_UNDER_KEY, severity=Severity.MEDIUM, reason="SSE-S3")
        },
        checks=("S3.ObjectEncryption",),
        owner="invocation-1",
        lease_until=int(LEASE_END.timestamp()),
        action="CopyObject",
        details={"etag": '"1"'},
    )


def of_another_owner(entry: LedgerEntry[Any]) -> LedgerEntry[Any]:
    """The same entry of another invocation, whose lease ends later."""
    return replace(entry, owner="invocation-2", lease_until=entry.lease_until + 600)


def applied(entry: LedgerEntry[Any]) -> LedgerEntry[Any]:
    """The entry closed after its write."""
    return replace(entry, outcome=Applied(after=entry.intended, at=NOON))


def by_id(*entries: LedgerEntry[Any]) -> Mapping[str, LedgerEntry[Any]]:
    return {entry.entry_id: entry for entry in entries}
