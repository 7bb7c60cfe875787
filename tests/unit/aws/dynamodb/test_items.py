"""The items of the ledger's table name the bucket of what was written, if it has one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reseal.aws.dynamodb.items import entry_of, opening
from reseal.core.repairs.ledger_entry import LedgerEntry
from reseal.core.resource import BucketResource, KeyResource, ObjectResource, Resource
from reseal.core.state.setting import Setting
from tests.support.builders import TEAM_KEY, encryption
from tests.support.fakes.services import NOON


@pytest.mark.parametrize(
    ("resource", "named"),
    [
        (BucketResource(bucket="payroll"), {"S": "payroll"}),
        (ObjectResource(bucket="payroll", object_key="a.csv"), {"S": "payroll"}),
        (KeyResource(kms_key=TEAM_KEY), None),
    ],
    ids=["bucket", "object", "key"],
)
def test_item_names_the_bucket_of_its_resource(resource: Resource, named: dict[str, str] | None) -> None:
    entry = LedgerEntry(
        entry_id="1",
        resource=resource,
        setting=Setting.BUCKET_ENCRYPTION,
        before=encryption(),
        intended=encryption(),
        violations={},
        checks=(),
        owner="me",
        lease_until=1,
    )

    item = opening(entry, NOON, "Ledger", timedelta(days=1))["Item"]

    assert item.get("bucket") == named
    assert entry_of(item) == entry
