"""The catalogue: every check of the bucket lane, with what a finding says about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reseal.core.api_call import BucketCall
from reseal.core.checks.bucket_key import decide_bucket_key
from reseal.core.checks.default_encryption import decide_default_encryption
from reseal.core.checks.key_access import KEY_ACCESS, decide_key_access
from reseal.core.checks.observed import ObservedBucket
from reseal.core.checks.sse_c_block import decide_sse_c_block
from reseal.core.decision import Decision
from reseal.core.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketCheck:
    """One requirement on a bucket: its id, its name and demand in prose, its controls, its function."""

    id: str
    title: str
    requires: Callable[[Policy], str]
    controls: tuple[str, ...]
    decide: Callable[[Policy, BucketCall, ObservedBucket], Decision]


BUCKET_CHECKS = (
    BucketCheck(
        id="S3.BucketDefaultEncryption",
        title="default encryption",
        requires=lambda policy: f"{policy.required.in_words} or stronger, under an approved key",
        controls=(
            "Security Hub S3.17",
            "NIST 800-53 r5 SC-12(2)",
            "NIST 800-53 r5 SC-13",
            "NIST 800-53 r5 SC-28",
            "NIST 800-53 r5 SC-28(1)",
            "PCI DSS 4.0.1 3.5.1",
        ),
        decide=decide_default_encryption,
    ),
    BucketCheck(
        id="S3.BucketKey",
        title="Bucket Key",
        requires=lambda policy: "the Bucket Key on, under SSE-KMS",
        controls=(),
        decide=decide_bucket_key,
    ),
    BucketCheck(
        id="S3.BucketSseCBlock",
        title="SSE-C block",
        requires=lambda policy: "SSE-C among the bucket's blocked encryption types",
        controls=("NIST 800-53 r5 SC-12(2)",),
        decide=decide_sse_c_block,
    ),
    BucketCheck(
        id=KEY_ACCESS,
        title="key access",
        requires=lambda policy: "everybody the bucket lets in can use its key",
        controls=(),
        decide=decide_key_access,
    ),
)

CHECK_BY_ID = {check.id: check for check in BUCKET_CHECKS}
