"""Policies after AWS's documents: each stops a move, and its twin does not."""

from __future__ import annotations

from typing import Any

import pytest

from reseal.core.access.impact import impact_of
from reseal.core.access.key_policy import KeyPolicy
from reseal.core.state.bucket_access import BucketAccess
from tests.support.builders import ACCOUNT, REGION
from tests.unit.core.access.cases import THE_STACKS_KEY
from tests.unit.core.access.documented.cases import BUCKETS, KEYS, K


def is_stopped(bucket: Any, key: list[Any]) -> bool:
    statements = bucket if isinstance(bucket, list) else [bucket]
    access = BucketAccess(policy={"Version": "2012-10-17", "Statement": statements})
    document = {"Version": "2012-10-17", "Statement": [*THE_STACKS_KEY, *key]}
    policy = KeyPolicy(key_arn=K, document=document, account=ACCOUNT, region=REGION)
    return bool(impact_of(access, policy, "aws:kms"))


@pytest.mark.parametrize(("name", "bucket", "refuses", "admits"), KEYS, ids=[row[0] for row in KEYS])
def test_the_key_decides(name: str, bucket: Any, refuses: list[Any], admits: list[Any]) -> None:
    assert is_stopped(bucket, refuses), name
    assert not is_stopped(bucket, admits), name


@pytest.mark.parametrize(("name", "stopped", "twin"), BUCKETS, ids=[row[0] for row in BUCKETS])
def test_the_bucket_decides(name: str, stopped: list[Any], twin: list[Any]) -> None:
    assert is_stopped(stopped, []), name
    assert not is_stopped(twin, []), name


def test_there_are_sixty_pairs() -> None:
    assert len(KEYS) + len(BUCKETS) >= 60
