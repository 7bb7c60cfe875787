"""The scenes about objects: who writes what, and the expected result."""

from __future__ import annotations

import time
from collections.abc import Iterable

from demo import object_acts as acts
from demo.scene import End, Group, Scene
from demo.world import World

OBJECT, SSE_C = "S3.ObjectEncryption", "S3.BucketSseCBlock"
_APART_SECONDS = 0.2  # simultaneous calls would each start a function process
_REMEDIATED = ((OBJECT, "MEDIUM", "REMEDIATED"),)


OBJECT_GROUPS = (
    Group(
        "Objects that Reseal re-encrypts",
        (
            Scene(
                title="uploads a file with SSE-S3",
                who="maria",
                bucket="invoices",
                keys=("2026/11.txt",),
                act=acts.put("invoices", "2026/11.txt", "an invoice"),
                calls=("PutObject",),
                end=End.REMEDIATED,
                findings=_REMEDIATED,
            ),
            Scene(
                title="uploads under a partner account's key that this account may use",
                who="mallory",
                bucket="swaps",
                keys=("plans.txt",),
                act=acts.put_under("partner_key", "swaps", "plans.txt", "the plans"),
                calls=("PutObject",),
                end=End.REMEDIATED,
                findings=((OBJECT, "CRITICAL", "REMEDIATED"),),
            ),
            Scene(
                title="uploads a film in parts, with tags, metadata and headers",
                who="maria",
                bucket="media",
                keys=("film.mp4",),
                keeps=acts.FILM,
                act=acts.put_in_parts,
                calls=("CompleteMultipartUpload",),
                end=End.REMEDIATED,
                findings=_REMEDIATED,
                short=True,
                pictured=True,
            ),
            Scene(
                title="uploads to a bucket with versioning",
                who="maria",
                bucket="contracts",
                keys=("lease.txt",),
                keeps={"versions": "1", "content": "'a lease'"},
                act=acts.put("contracts", "lease.txt", "a lease"),
                calls=("PutObject",),
                end=End.REMEDIATED,
                findings=_REMEDIATED,
            ),
            Scene(
                title="uploads into storage class GLACIER, which CopyObject cannot read",
                who="maria",
                bucket="cellar",
                keys=("1998.tar",),
                keeps={"storage class": "GLACIER"},
                act=acts.put("cellar", "1998.tar", "old", StorageClass="GLACIER"),
                calls=("PutObject",),
                end=End.REMEDIATED,
                findings=_REMEDIATED,
            ),
            Scene(
                title="overwrites an object while Reseal is copying it",
                who="maria",
                bucket="drafts",
                keys=("speech.txt",),
                keeps={"content": "'second draft'"},
                act=acts.overwrite_during_copy,
                calls=("PutObject", "PutObject"),
                end=End.REMEDIATED,
                findings=_REMEDIATED,
                results=("Applied", "Skipped"),
                refused="412 PreconditionFailed",
            ),
            Scene(
                title=f"uploads {len(acts.MANY)} files with SSE-S3",
                who="nightly-export",
                bucket="exports",
                keys=acts.MANY,
                act=acts.put_many,
                calls=("PutObject",) * len(acts.MANY),
                end=End.REMEDIATED,
                findings=_REMEDIATED,
            ),
        ),
    ),
    Group(
        "Objects that Reseal reports and does not change",
        (
            Scene(
                title="uploads under another account's key that only she may use",
                who="mallory",
                bucket="swaps-denied",
                keys=("plans.txt",),
                act=acts.put_under("mallory_key", "swaps-denied", "plans.txt", "the plans"),
                calls=("PutObject",),
                end=End.UNCHANGED,
                findings=((OBJECT, "CRITICAL", "FAILED"),),
                reason="kms:Decrypt",
                refused="403 AccessDenied",
            ),
            Scene(
                title="uploads under legal hold, so S3 refuses to re-encrypt the object",
                who="maria",
                bucket="evidence",
                keys=("mail.txt",),
                keeps={"legal hold": "ON", "versions": "1"},
                act=acts.put("evidence", "mail.txt", "a letter", ObjectLockLegalHoldStatus="ON"),
                calls=("PutObject",),
                end=End.UNCHANGED,
                findings=((OBJECT, "MEDIUM", "MANUAL"),),
                reason="legal hold",
                short=True,
            ),
            Scene(
                title="unblocks SSE-C and writes an object with SSE-C (only she has the key)",
                who="eve",
                bucket="payroll",
                keys=("2026-11.csv",),
                act=acts.write_under_sse_c,
                calls=("PutBucketEncryption", "PutObject"),
                end=End.UNCHANGED,
                findings=((OBJECT, "CRITICAL", "MANUAL"), (SSE_C, "CRITICAL", "DETECTED")),
                reason="SSE-C was unblocked on this bucket by",
                short=True,
                pictured=True,
            ),
        ),
    ),
    Group(
        "Objects that need nothing",
        (
            Scene(
                title="writes two compliant objects: bucket default, and the team's own key",
                who="data-team",
                bucket="ledgers",
                keys=("2026.csv", "2027.csv"),
                act=acts.put_compliant,
                calls=(),
                end=End.NO_INVOCATION,
            ),
        ),
    ),
)


def prepare(world: World, scenes: Iterable[Scene]) -> None:
    """Create one bucket for each scene, as maria, and wait until Reseal has remediated their defaults."""
    maria = world.people["maria"]
    buckets = [scene.bucket for scene in scenes]
    for bucket in buckets:
        maria.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=bucket == "evidence")
        if bucket == "contracts":
            maria.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        time.sleep(_APART_SECONDS)
    for bucket in buckets:
        world.arrivals.wait_for_lines(bucket, "CreateBucket")
