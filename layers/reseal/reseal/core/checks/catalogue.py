"""Step 3, decide: the catalogue of checks, with the texts that findings use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reseal.core.calls.trigger import BucketTrigger
from reseal.core.checks.bucket_key import decide_bucket_key
from reseal.core.checks.default_encryption import DEFAULT_ENCRYPTION, decide_default_encryption
from reseal.core.checks.key_access import KEY_ACCESS, decide_key_access
from reseal.core.checks.object_encryption import OBJECT_ENCRYPTION
from reseal.core.checks.observed_bucket import ObservedBucket
from reseal.core.checks.sse_c_block import decide_sse_c_block
from reseal.core.decision import CHECK_IS_OFF, Decision
from reseal.core.policy.requirements import Mode, Requirements


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One requirement: its id, its title and requirement in words, and the controls it supports."""

    id: str
    title: str
    requires: Callable[[Requirements], str]
    controls: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketCheck(Check):
    """A requirement on a bucket, and the function that judges it."""

    decide: Callable[[Requirements, BucketTrigger, ObservedBucket], Decision]


_AT_REST = (
    "NIST 800-53 r5 SC-12(2)",
    "NIST 800-53 r5 SC-13",
    "NIST 800-53 r5 SC-28",
    "NIST 800-53 r5 SC-28(1)",
    "PCI DSS 4.0.1 3.5.1",
)

BUCKET_CHECKS = (
    BucketCheck(
        id=DEFAULT_ENCRYPTION,
        title="default encryption",
        requires=lambda requirements: f"{requirements.required.in_words} or stronger, under an approved key",
        controls=("Security Hub S3.17", *_AT_REST),
        decide=decide_default_encryption,
    ),
    BucketCheck(
        id="S3.BucketKey",
        title="Bucket Key",
        requires=lambda requirements: "the Bucket Key on, under SSE-KMS",
        controls=(),
        decide=decide_bucket_key,
    ),
    BucketCheck(
        id="S3.BucketSseCBlock",
        title="SSE-C block",
        requires=lambda requirements: "SSE-C among the bucket's blocked encryption types",
        controls=("NIST 800-53 r5 SC-12(2)",),
        decide=decide_sse_c_block,
    ),
    BucketCheck(
        id=KEY_ACCESS,
        title="key access",
        requires=lambda requirements: "everyone with access to the bucket can use its KMS key",
        controls=(),
        decide=decide_key_access,
    ),
)

OBJECT_CHECK = Check(
    id=OBJECT_ENCRYPTION,
    title="object encryption",
    requires=lambda requirements: f"{requirements.required.in_words} or stronger, under an approved key",
    controls=_AT_REST,
)

CHECK_BY_ID: Mapping[str, Check] = {check.id: check for check in (*BUCKET_CHECKS, OBJECT_CHECK)}


Decisions = Mapping[str, Decision]
"""The decision of each check, by check id."""


def decide_bucket(requirements: Requirements, call: BucketTrigger, observed: ObservedBucket) -> Decisions:
    """Run every bucket check of the catalogue, except those whose mode is `off`."""
    return {
        check.id: CHECK_IS_OFF
        if requirements.mode_of(check.id) is Mode.OFF
        else check.decide(requirements, call, observed)
        for check in BUCKET_CHECKS
    }
