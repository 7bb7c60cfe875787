"""Reports as a sweep of a large account would make them."""

from __future__ import annotations

from datetime import timedelta

from reseal.core.decision import Severity
from reseal.core.snapshot import BucketSeen, Creator, KeySeen, Rotation, Verdict
from reseal.core.sweep.html.page import page
from reseal.core.sweep.progress import Past, Progress
from reseal.core.sweep.report import report_of
from reseal.core.sweep.rows import Rows
from tests.support.builders import SSE_KMS, SSE_S3, a_key, encryption, key_arn, requirements
from tests.support.fakes.services import NOON

DEFAULT = "S3.BucketDefaultEncryption"
HOSTILE = (
    "</script><script>document.title='injected'</script><img src=x onerror=\"document.title='injected'\">"
)


def _bucket(number: int) -> BucketSeen:
    key = key_arn(f"{number % 40:08}-1111-1111-1111-111111111111")
    wrong, since = number % 10 == 0, NOON - timedelta(days=number % 90)
    severity = Severity.CRITICAL if number % 100 == 0 else Severity.MEDIUM
    reason = f"new objects are encrypted with SSE-S3, whose key this account cannot control (bucket {number})"
    verdict = (
        Verdict(status="DETECTED", reason=reason, since=since, severity=severity, recommendation="look at it")
        if wrong
        else Verdict(status="COMPLIANT", reason=f"SSE-KMS under the approved key {key}", since=since)
    )
    others = {
        check: Verdict(status="COMPLIANT", reason="right", since=since)
        for check in ("S3.BucketKey", "S3.BucketSseCBlock", "S3.BucketKeyAccess")
    }
    return BucketSeen(
        bucket=f"team-{number % 300}-data-{number:05}",
        seen_at=NOON,
        first_seen=since,
        encryption=encryption(SSE_S3) if wrong else encryption(SSE_KMS, key, bucket_key=True),
        kms_key=None if wrong else key,
        owner=HOSTILE if number == 7 else ("CloudFormation" if number % 3 else None),
        creator=Creator(who="role/Deployer", tool="Terraform", at=since) if number % 2 else None,
        verdicts={DEFAULT: verdict, **others},
        not_read="s3:GetEncryptionConfiguration is denied" if number == 13 else None,
    )


def a_page(buckets: int) -> str:
    """The page of an account with so many buckets."""
    counts = {DEFAULT: {"COMPLIANT": 1, "DETECTED": buckets // 8}}
    past = tuple(
        Past(sweep=f"s{n}", started_at=NOON - timedelta(days=7 * n), listed=buckets - n, counts=counts)
        for n in (3, 2, 1)
    )
    progress = Progress(sweep="sweep-1", started_at=NOON, saved_at=NOON, listed=buckets, past=past)
    keys = [
        KeySeen(
            key=a_key(key_arn(f"{number:08}-1111-1111-1111-111111111111")),
            seen_at=NOON,
            since=NOON,
            first_seen=NOON,
            rotation=Rotation(on=number % 2 == 0, days=365),
        )
        for number in range(40)
    ]
    rows = Rows.of([*map(_bucket, range(buckets)), *keys])
    return page(report_of(requirements(), progress, rows, version="test", ended_at=NOON))
