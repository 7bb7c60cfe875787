"""Which uses of keys are noted, by the bucket and the object lane."""

from __future__ import annotations

from typing import Any

import pytest

from reseal.core.state.key_settings import KeyRotation
from reseal.resources.uses import note_use
from tests.support.builders import (
    BUCKET,
    SSE_KMS,
    STRANGER_KEY,
    TEAM_KEY,
    K,
    a_key,
    encryption,
    object_encryption,
)
from tests.support.fakes.services import NOON, FakeCloud
from tests.unit.resources.bucket.stage import COMPLIANT, LOWERED, a_cloud, deliver

KEY_ID = TEAM_KEY.rpartition("/")[2]


@pytest.mark.parametrize(
    ("found", "key", "noted"),
    [
        (encryption(SSE_KMS, TEAM_KEY), a_key(), [TEAM_KEY]),
        (encryption(SSE_KMS, TEAM_KEY), None, [TEAM_KEY]),
        (encryption(SSE_KMS, STRANGER_KEY), None, [STRANGER_KEY]),
        (encryption(SSE_KMS, KEY_ID), a_key(), [TEAM_KEY]),
        (encryption(SSE_KMS, KEY_ID), None, []),
        (encryption(SSE_KMS, "alias/team"), a_key(), [TEAM_KEY, "alias/team"]),
        (encryption(SSE_KMS, "alias/team"), None, ["alias/team"]),
        (object_encryption(SSE_KMS, TEAM_KEY), a_key(), [TEAM_KEY]),
        (encryption(SSE_KMS, "alias/aws/s3"), None, []),
        (encryption(SSE_KMS, KEY_ID), a_key(manager="AWS"), []),
        (encryption(), None, []),
        (object_encryption(), None, []),
        (KeyRotation(enabled=False), None, []),
    ],
    ids=str,
)
def test_key_of_what_was_seen_is_noted(found: Any, key: Any, noted: list[str]) -> None:
    cloud = FakeCloud.holding({}, {})

    note_use(cloud.services, BUCKET, found, key)

    assert cloud.key_uses.noted == {(reference, BUCKET): NOON for reference in noted}


@pytest.mark.parametrize(
    ("found", "key"), [(COMPLIANT, TEAM_KEY), (LOWERED, K)], ids=["compliant", "repaired"]
)
def test_bucket_lane_notes_the_key_that_a_bucket_names_and_the_one_that_it_sets(found: Any, key: str) -> None:
    cloud = a_cloud(found)

    deliver(cloud)

    assert cloud.key_uses.buckets_of(key, NOON) == (BUCKET,)
