"""Every published CloudTrail record at hand, through the deployed pattern and through the parser.

The records have mixed licences and stay outside the repository, in `../shared/cloudtrail`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from typing import Any

import pytest

from localcloud.handle import ACCOUNT, REPOSITORY
from reseal.core.api_call import parse_bucket_call
from reseal.core.errors import MalformedEventError
from tests.events.rule import Matches, enveloped

FOLDER = REPOSITORY.parent / "shared" / "cloudtrail"
_ACCOUNT_ID = re.compile(r"(?<!\d)\d{12}(?!\d)")

if not FOLDER.is_dir():
    pytest.skip("../shared/cloudtrail is not on this machine", allow_module_level=True)


@cache
def published() -> list[dict[str, Any]]:
    lines = (FOLDER / "open.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def as_ours(record: dict[str, Any]) -> dict[str, Any]:
    """The record as if it had happened in our account: the owner filter then hides nothing."""
    ours: dict[str, Any] = json.loads(_ACCOUNT_ID.sub(ACCOUNT, json.dumps(record)))
    return ours


def outcome(record: dict[str, Any]) -> str:
    """What the parser makes of it: two answers, and nothing else may escape it."""
    try:
        parse_bucket_call(json.dumps(enveloped(record)))
    except MalformedEventError:
        return "MalformedEventError"
    return "BucketCall"


ACL_CALLS = {"90a5a8a00e8ff3df", "cc6933b7a04d9da5"}
"""Two records of PutBucketAcl, published as noise; to Reseal they can let somebody at a bucket."""


def test_routes_of_all_records_as_they_are(matches: Matches) -> None:
    routes = Counter(matches(enveloped(row["record"])) for row in published())

    assert routes == {True: 13, False: 143}


def test_routes_of_all_records_as_if_in_our_account(matches: Matches) -> None:
    routes = Counter(matches(enveloped(as_ours(row["record"]))) for row in published())

    assert routes == {True: 15, False: 141}


def test_rule_lets_through_exactly_what_concerns_a_bucket(matches: Matches) -> None:
    through = {row["id"] for row in published() if matches(enveloped(as_ours(row["record"])))}

    expected = {row["id"] for row in published() if row["expect"] in {"bucket-check", "policy-event"}}
    assert through == expected | ACL_CALLS


def test_parser_reads_or_refuses_every_record() -> None:
    assert Counter(outcome(row["record"]) for row in published()) == {
        "BucketCall": 80,
        "MalformedEventError": 76,
    }


def bucket_named(record: dict[str, Any]) -> str | None:
    detail = record.get("detail", record)
    return (detail.get("requestParameters") or {}).get("bucketName")


def test_parser_reads_the_records_that_the_rule_lets_through(matches: Matches) -> None:
    through = [row["record"] for row in published() if matches(enveloped(row["record"]))]

    assert Counter(map(outcome, through)) == {"BucketCall": 10, "MalformedEventError": 3}


def test_a_record_that_is_refused_names_its_bucket_nowhere(matches: Matches) -> None:
    through = (row["record"] for row in published() if matches(enveloped(row["record"])))

    refused = [record for record in through if outcome(record) == "MalformedEventError"]
    assert [bucket_named(record) for record in refused] == [None, None, None]
