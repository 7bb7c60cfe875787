"""25 policies with known answers and 18 merges, written from AWS's documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reseal.core.checks.buckets.intent import Intent
from reseal.core.checks.buckets.tls_only import decide_tls_only
from reseal.core.decision import Compliant, Decision, Remediate
from reseal.core.guards.tls_impact import unless_http_is_used
from reseal.core.state.bucket_access import BucketAccess
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.transit.facts import TransitFacts
from reseal.core.transit.verdict import verdict_of

HERE = Path(__file__).parent
CASES, MERGES = (json.loads((HERE / f"{name}.json").read_text()) for name in ("tls_cases", "tls_repair"))
REFUSED_BY_S3 = "r13-public-policy-blocked"
"""The answer depends on Block Public Access, which the table names only in words."""


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["id"])
def test_verdict_is_the_known_one(case: dict[str, Any]) -> None:
    found = verdict_of(BucketPolicy.of(case["policy"]), f"arn:aws:s3:::{CASES['bucket']}").denies_http

    assert found is case["denies_http"] or (not case["must_hold"] and not found)


def decided(merge: dict[str, Any]) -> tuple[Decision, BucketPolicy]:
    before = BucketPolicy.of(merge["before"])
    access = BucketAccess(
        has_website=merge.get("bucket_context", {}).get("website", False),
        policy_is_public=merge["id"] == REFUSED_BY_S3,
        blocks_public_policy=merge["id"] == REFUSED_BY_S3,
    )
    facts = TransitFacts(access=access)
    arn = f"arn:{merge.get('partition', 'aws')}:s3:::{MERGES['bucket']}"
    decision = decide_tls_only(before, arn, CASES["account"], Intent.DRIFT, facts)
    return unless_http_is_used(decision, before, CASES["account"], facts), before


@pytest.mark.parametrize("merge", MERGES["cases"], ids=lambda merge: merge["id"])
def test_merge_is_the_known_one(merge: dict[str, Any]) -> None:
    decision, before = decided(merge)

    match merge["outcome"]:
        case "write":
            assert isinstance(decision, Remediate)
            after = decision.change.applied_to(before).to_document()["policy"]
            assert json.loads(after) == merge["after"]
            assert list(json.loads(after)) == list(merge["after"])
        case "none":
            assert isinstance(decision, Compliant)
        case _:  # a person decides, before S3 refuses
            assert not isinstance(decision, Compliant | Remediate)


def test_the_table_is_whole() -> None:
    assert (len(CASES["cases"]), len(MERGES["cases"])) == (25, 18)
