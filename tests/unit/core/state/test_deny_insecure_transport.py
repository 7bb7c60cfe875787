"""The change that denies plain HTTP; tests/unit/core/transit shows what it makes of whole policies."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.deny_insecure_transport import SID, DenyInsecureTransport
from reseal.core.state.setting import Setting

CHANGE = DenyInsecureTransport(bucket_arn="arn:aws:s3:::b")


def test_change_is_one_of_the_bucket_policy_and_brings_no_key() -> None:
    assert (CHANGE.setting, CHANGE.key_arn) == (Setting.BUCKET_POLICY, None)


def test_change_survives_the_way_through_the_ledger() -> None:
    assert DenyInsecureTransport.from_document(json.loads(json.dumps(CHANGE.to_document()))) == CHANGE


def test_statement_that_is_there_is_not_added_again() -> None:
    once = CHANGE.applied_to(BucketPolicy())

    assert CHANGE.applied_to(once) == once


@pytest.mark.parametrize(
    ("members", "same"),
    [
        ({"Sid": "Mine"}, True),
        ({"Principal": {"AWS": ["*"]}, "Action": ["S3:*"]}, True),
        ({"Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:::b"]}, True),
        ({"Condition": {"Bool": {"AWS:SecureTransport": False}}}, True),
        ({"Condition": {"BoolIfExists": {"aws:SecureTransport": "false"}}}, False),
        ({"Resource": "arn:aws:s3:::b/*"}, False),
        ({"Future": 1}, False),
    ],
)
def test_statement_is_recognised_under_any_sid_and_in_any_form(members: dict[str, Any], same: bool) -> None:
    found = BucketPolicy.of({"Statement": CHANGE.statement() | members})

    assert CHANGE.is_in(found) is same


def test_policy_that_cannot_be_read_is_not_changed() -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        CHANGE.applied_to(BucketPolicy("{"))


def test_first_free_sid_is_taken() -> None:
    taken = [{"Sid": SID}, {"Sid": f"{SID}3"}, {"Sid": f"{SID}2"}, {}]

    after = CHANGE.applied_to(BucketPolicy.of({"Statement": taken}))

    assert after.statements == [*taken, CHANGE.statement(f"{SID}4")]
