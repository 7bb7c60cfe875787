"""The names that scenarios share, and the mark of a row that is not mended yet."""

from __future__ import annotations

import pytest

from tests.scenarios.world.aws.account import ACCOUNT, REGION

BUCKET, KEY = "payroll", "2026/salaries.csv"
PARTNER, STRANGER = "444455556666", "777788889999"

DEFAULT_ENCRYPTION = "S3.BucketDefaultEncryption"
BUCKET_KEY = "S3.BucketKey"
SSE_C_BLOCK = "S3.BucketSseCBlock"
KEY_ACCESS = "S3.BucketKeyAccess"
KEY_ALIAS = "KMS.Alias"
KEY_DELETION = "KMS.KeyDeletion"
KEY_DISABLED = "KMS.KeyDisabled"
KEY_POLICY = "KMS.KeyPolicy"
KEY_ROTATION = "KMS.KeyRotation"
OBJECT_ENCRYPTION = "S3.ObjectEncryption"
TLS_ONLY = "S3.BucketTlsOnly"


def key_arn(name: str, account: str = ACCOUNT, region: str = REGION) -> str:
    return f"arn:aws:kms:{region}:{account}:key/{name}"


TEAM_KEY = key_arn("11111111-1111-1111-1111-111111111111")
PARTNER_KEY = key_arn("33333333-3333-3333-3333-333333333333", PARTNER)
STRANGER_KEY = key_arn("44444444-4444-4444-4444-444444444444", STRANGER)
AWS_S3_KEY = key_arn("55555555-5555-5555-5555-555555555555")


def still_open(row: str, why: str) -> pytest.MarkDecorator:
    """The scenario of a row of the faults that is not mended: it must fail, until its mend removes this."""
    return pytest.mark.xfail(strict=True, raises=AssertionError, reason=f"{row}: {why}")
