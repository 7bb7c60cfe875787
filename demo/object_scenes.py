"""The scenes about objects: who writes what, and how it must end."""

from __future__ import annotations

import time

from demo import object_acts as acts
from demo.scene import End, Scene
from demo.world import World

OBJECT, SSE_C = "S3.ObjectEncryption", "S3.BucketSseCBlock"
_APART_SECONDS = 0.2  # calls at the same moment would start a process each
_REPAIRED = ((OBJECT, "MEDIUM", "REMEDIATED"),)


OBJECT_SCENES = (
    Scene(
        title="uploads a file with SSE-S3",
        who="maria",
        bucket="invoices",
        keys=("2026/11.txt",),
        act=acts.put("invoices", "2026/11.txt", "an invoice"),
        calls=("PutObject",),
        end=End.REPAIRED,
        findings=_REPAIRED,
    ),
    Scene(
        title="uploads under another account's key, which admits this account",
        who="mallory",
        bucket="swaps",
        keys=("plans.txt",),
        act=acts.put_under("partner_key", "swaps", "plans.txt", "the plans"),
        calls=("PutObject",),
        end=End.REPAIRED,
        findings=((OBJECT, "CRITICAL", "REMEDIATED"),),
    ),
    Scene(
        title="uploads under another account's key, which admits her alone",
        who="mallory",
        bucket="swaps-shut",
        keys=("plans.txt",),
        act=acts.put_under("shut_key", "swaps-shut", "plans.txt", "the plans"),
        calls=("PutObject",),
        end=End.FAILED,
        findings=((OBJECT, "CRITICAL", "FAILED"),),
        says="kms:Decrypt",
        refused="403 AccessDenied",
    ),
    Scene(
        title="uploads a film in parts, with tags, metadata and headers",
        who="maria",
        bucket="media",
        keys=("film.mp4",),
        keeps=acts.FILM,
        act=acts.put_in_parts,
        calls=("CompleteMultipartUpload",),
        end=End.REPAIRED,
        findings=_REPAIRED,
    ),
    Scene(
        title="uploads to a bucket that keeps versions",
        who="maria",
        bucket="contracts",
        keys=("lease.txt",),
        keeps={"versions": "1", "content": "'a lease'"},
        act=acts.put("contracts", "lease.txt", "a lease"),
        calls=("PutObject",),
        end=End.REPAIRED,
        findings=_REPAIRED,
    ),
    Scene(
        title="uploads into the archive, whose objects cannot be copied",
        who="maria",
        bucket="cellar",
        keys=("1998.tar",),
        keeps={"storage class": "GLACIER"},
        act=acts.put("cellar", "1998.tar", "old", StorageClass="GLACIER"),
        calls=("PutObject",),
        end=End.REPAIRED,
        findings=_REPAIRED,
    ),
    Scene(
        title="uploads under legal hold, which S3 lets nobody re-encrypt",
        who="maria",
        bucket="evidence",
        keys=("mail.txt",),
        keeps={"legal hold": "ON", "versions": "1"},
        act=acts.put("evidence", "mail.txt", "a letter", ObjectLockLegalHoldStatus="ON"),
        calls=("PutObject",),
        end=End.MANUAL,
        findings=((OBJECT, "MEDIUM", "MANUAL"),),
        says="legal hold",
    ),
    Scene(
        title="overwrites a draft in the moment in which Reseal copies it",
        who="maria",
        bucket="drafts",
        keys=("speech.txt",),
        keeps={"content": "'second draft'"},
        act=acts.overwrite_while_repaired,
        calls=("PutObject", "PutObject"),
        end=End.REPAIRED,
        findings=_REPAIRED,
        results=("Applied", "Skipped"),
        refused="412 PreconditionFailed",
    ),
    Scene(
        title="unblocks SSE-C, and writes under a key that only she has",
        who="mallory",
        bucket="payroll",
        keys=("2026-11.csv",),
        act=acts.hide,
        calls=("PutBucketEncryption", "PutObject"),
        end=End.MANUAL,
        findings=((OBJECT, "CRITICAL", "MANUAL"), (SSE_C, "HIGH", "DETECTED")),
        says="SSE-C was unblocked on this bucket by",
    ),
    Scene(
        title=f"uploads {len(acts.MANY)} files with SSE-S3, one after the other",
        who="nightly-export",
        bucket="exports",
        keys=acts.MANY,
        act=acts.put_many,
        calls=("PutObject",) * len(acts.MANY),
        end=End.REPAIRED,
        findings=_REPAIRED,
    ),
    Scene(
        title="writes two objects as they should be: under the bucket's default, and the team's own key",
        who="data-team",
        bucket="ledgers",
        keys=("2026.csv", "2027.csv"),
        act=acts.put_right,
        calls=(),
        end=End.FREE,
    ),
)


def prepare(world: World) -> None:
    """Let maria make the buckets, one a scene, and wait until Reseal has put their defaults right."""
    maria = world.people["maria"]
    buckets = [scene.bucket for scene in OBJECT_SCENES]
    for bucket in buckets:
        maria.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=bucket == "evidence")
        if bucket == "contracts":
            maria.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        time.sleep(_APART_SECONDS)
    for bucket in buckets:
        world.arrivals.wait_for_lines(bucket, "CreateBucket")
