"""Cloud Custodian's settings for the same job: the files in the working directory of its functions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.objects.products import S3CRYPT
from benchmarks.packages import Packages
from benchmarks.world import World


def custodians_directory(packages: Packages, world: World, product: str) -> Path:
    """A working directory with the `config.json` of one of its products."""
    key_id = world.key_arn.rpartition("/")[2]
    directory = packages.home / f"{product}-{key_id}"
    directory.mkdir(exist_ok=True)
    policies = [encrypt_keys_policy(world)]
    config: dict[str, Any] = {"execution-options": {"account_id": world.account}, "policies": policies}
    if product == S3CRYPT:
        config = {"crypto": "aws:kms", "key-id": key_id}
    (directory / "config.json").write_text(json.dumps(config))
    return directory


def encrypt_keys_policy(world: World) -> dict[str, Any]:
    """A policy that re-encrypts every object of the bucket that was written to."""
    written = [
        {"source": "s3.amazonaws.com", "event": name, "ids": "requestParameters.bucketName"}
        for name in ("PutObject", "CompleteMultipartUpload")
    ]
    return {
        "name": "s3-encrypt-keys",
        "resource": "aws.s3",
        "mode": {
            "type": "cloudtrail",
            "role": f"arn:aws:iam::{world.account}:role/custodian",
            "events": written,
        },
        "query": [{"augment-keys": ["Versioning"]}],  # it handles versioned buckets differently
        "actions": [
            {"type": "encrypt-keys", "crypto": "aws:kms", "key-id": world.key_arn.rpartition("/")[2]}
        ],
    }
