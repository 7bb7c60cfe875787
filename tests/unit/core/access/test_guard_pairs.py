"""Pairs of bucket policy and key policy with known answers, written from AWS's documents.

`open` says why the two documents cannot settle a pair; either answer will do there.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reseal.core.access.impact import Impact, impact_of, own_callers
from reseal.core.access.key_policy import KeyPolicy
from reseal.core.state.bucket_access import AclGrant, BucketAccess, ReplicationRule

TABLE = json.loads(Path(__file__).with_name("guard_pairs.json").read_text())
PAIRS = TABLE["pairs"]


def document(statements: list[Any]) -> dict[str, Any]:
    spelt_out = [TABLE["statements"].get(one, one) if isinstance(one, str) else one for one in statements]
    return {"Version": "2012-10-17", "Statement": spelt_out}


def impacts_of(pair: dict[str, Any]) -> list[Impact]:
    access = BucketAccess(
        policy=document(pair["bucket"]) if "bucket" in pair else None,
        serves_website=pair.get("serves_website", False),
        restricts_public_policy=pair.get("block_public_access", False),
        ignores_public_acls=pair.get("block_public_access", False),
        acl=tuple(AclGrant(**grant) for grant in pair.get("acl", ())),
        replication=tuple(ReplicationRule(**rule) for rule in pair.get("replication", ())),
    )
    key = KeyPolicy(
        key_arn=TABLE["key"], document=document(pair["key"]), account=TABLE["account"], region=TABLE["region"]
    )
    own = own_callers(key) if pair.get("customer_supplied") else ()
    return [*impact_of(access, key, "aws:kms"), *own]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair["id"])
def test_somebody_is_named_if_somebody_is_locked_out(pair: dict[str, Any]) -> None:
    if "open" not in pair:
        assert bool(impacts_of(pair)) is pair["locked_out"], pair["name"]


def test_the_table_is_whole() -> None:
    assert len(PAIRS) == 59
    assert sum("open" in pair for pair in PAIRS) == 3
