"""Every available published CloudTrail record, checked with the deployed patterns and the parsers.

The records have mixed licences and stay outside the repository, in `../shared/cloudtrail`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from contextlib import suppress
from functools import cache
from typing import Any

import pytest

from localcloud.client.handle import ACCOUNT, REPOSITORY
from reseal.core.calls.bucket_call import parse_bucket_call
from reseal.core.calls.keys.key_call import BY_KMS, parse_key_call
from reseal.core.calls.object_call import parse_object_call
from reseal.core.errors import MalformedEventError
from reseal.core.trail.trail import KEY_CALLS
from tests.cloud.events.rule import Matches, enveloped

FOLDER = REPOSITORY.parent / "shared" / "cloudtrail"
_ACCOUNT_ID = re.compile(r"(?<!\d)\d{12}(?!\d)")

if not FOLDER.is_dir():
    pytest.skip("../shared/cloudtrail is not on this machine", allow_module_level=True)


@cache
def published() -> list[dict[str, Any]]:
    lines = (FOLDER / "open.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def with_this_account(record: dict[str, Any]) -> dict[str, Any]:
    """The record with this account in place of every account, so that the owner filter drops nothing."""
    localised: dict[str, Any] = json.loads(_ACCOUNT_ID.sub(ACCOUNT, json.dumps(record)))
    return localised


def outcome(record: dict[str, Any]) -> str:
    """The parser's result. It may raise no other error."""
    try:
        parse_bucket_call(json.dumps(enveloped(record)))
    except MalformedEventError:
        return "MalformedEventError"
    return "BucketCall"


ACL_CALLS = {"90a5a8a00e8ff3df", "cc6933b7a04d9da5"}
"""Two records of PutBucketAcl, published as irrelevant. For Reseal they can change a bucket's access."""


def test_routes_of_all_unchanged_records(matches: Matches) -> None:
    routes = Counter(matches(enveloped(row["record"])) for row in published())

    assert routes == {True: 13, False: 143}


def test_routes_of_all_records_with_this_account(matches: Matches) -> None:
    routes = Counter(matches(enveloped(with_this_account(row["record"]))) for row in published())

    assert routes == {True: 15, False: 141}


def test_bucket_rule_matches_exactly_the_bucket_records(matches: Matches) -> None:
    through = {row["id"] for row in published() if matches(enveloped(with_this_account(row["record"])))}

    expected = {row["id"] for row in published() if row["expect"] in {"bucket-check", "policy-event"}}
    assert through == expected | ACL_CALLS


def test_bucket_parser_reads_or_refuses_every_record() -> None:
    assert Counter(outcome(row["record"]) for row in published()) == {
        "BucketCall": 80,
        "MalformedEventError": 76,
    }


def bucket_named(record: dict[str, Any]) -> str | None:
    detail = record.get("detail", record)
    return (detail.get("requestParameters") or {}).get("bucketName")


def test_bucket_parser_reads_the_records_that_the_rule_matches(matches: Matches) -> None:
    through = [row["record"] for row in published() if matches(enveloped(row["record"]))]

    assert Counter(map(outcome, through)) == {"BucketCall": 10, "MalformedEventError": 3}


def test_refused_record_names_no_bucket(matches: Matches) -> None:
    through = (row["record"] for row in published() if matches(enveloped(row["record"])))

    refused = [record for record in through if outcome(record) == "MalformedEventError"]
    assert [bucket_named(record) for record in refused] == [None, None, None]


OBJECT_WRITES = {"CopyObject", "PutObject"}
"""The object writes among the records, of the five that the rule matches."""
NOT_AS_CLOUDTRAIL_SENDS_THEM = {
    "31236f5a8051ca45",  # trimmed: no event type
    "74edc79b6450ce85",  # a row of a table: `errorCode` and others are there, as null
}


def with_this_account_and_region(record: dict[str, Any]) -> dict[str, Any]:
    """The record with this account and Region; one publisher wrote an account as nine zeros."""
    text = json.dumps(with_this_account(record)).replace("us-west-2", "us-east-1")
    localised: dict[str, Any] = json.loads(text.replace('"000000000"', f'"{ACCOUNT}"'))
    return localised


def is_successful_write(record: dict[str, Any]) -> bool:
    detail = record.get("detail", record)
    source, name = detail.get("eventSource"), detail.get("eventName")
    return source == "s3.amazonaws.com" and name in OBJECT_WRITES and not detail.get("errorCode")


def object_outcome(record: dict[str, Any]) -> str:
    try:
        parse_object_call(json.dumps(enveloped(record)))
    except MalformedEventError:
        return "MalformedEventError"
    return "ObjectCall"


def test_object_rule_drops_other_calls_and_compliant_writes(object_matches: Matches) -> None:
    rows = published()
    writes = {row["id"] for row in rows if is_successful_write(row["record"])}
    right = {row["id"] for row in rows if row["expect"] == "object-compliant"}

    through = {
        row["id"] for row in rows if object_matches(enveloped(with_this_account_and_region(row["record"])))
    }

    assert through == writes - right - NOT_AS_CLOUDTRAIL_SENDS_THEM


def test_object_rule_matches_the_published_violations(object_matches: Matches) -> None:
    violations = [row for row in published() if row["expect"] == "object-check-noncompliant"]

    dropped = {
        row["id"]
        for row in violations
        if not object_matches(enveloped(with_this_account_and_region(row["record"])))
    }

    assert dropped < NOT_AS_CLOUDTRAIL_SENDS_THEM


def test_no_record_is_routed_to_both_lanes(matches: Matches, object_matches: Matches) -> None:
    localised = [enveloped(with_this_account_and_region(row["record"])) for row in published()]

    assert [event for event in localised if matches(event) and object_matches(event)] == []


def test_object_parser_reads_or_refuses_every_record() -> None:
    assert Counter(object_outcome(row["record"]) for row in published()) == {
        "ObjectCall": 14,
        "MalformedEventError": 142,
    }


def test_refused_write_record_has_no_valid_bucket_or_object_key(object_matches: Matches) -> None:
    """One has an invalid bucket name, with a space; the other has neither bucket nor object key."""
    localised = {row["id"]: with_this_account_and_region(row["record"]) for row in published()}
    through = {number: record for number, record in localised.items() if object_matches(enveloped(record))}

    refused = {n: bucket_named(r) for n, r in through.items() if object_outcome(r) == "MalformedEventError"}
    assert refused == {"5ee6106dec2f635d": "target bucket", "b90ff6054acc9f5b": None}


@cache
def of_keys() -> tuple[dict[str, Any], ...]:
    """The records of KMS that the key lane's rule asks for, and what KMS did by itself."""
    names = (*KEY_CALLS, *BY_KMS.values())
    found = (row["record"] for row in published())
    return tuple(r for r in found if r.get("eventSource") == "kms.amazonaws.com" and r["eventName"] in names)


def test_key_parser_reads_every_record_of_a_change_of_a_key() -> None:
    calls = [parse_key_call(json.dumps(enveloped(record))) for record in of_keys()]

    assert [call.name for call in calls] == [record["eventName"] for record in of_keys()]
    named = [json.dumps(record) for record in of_keys()]
    assert [call.kms_key in text for call, text in zip(calls, named, strict=True)] == [True] * len(calls)
    assert len(calls) >= 9


def test_key_rules_match_the_successful_calls_on_keys_and_nothing_else(key_matches: Matches) -> None:
    through = [
        row["record"] for row in published() if key_matches(enveloped(with_this_account(row["record"])))
    ]

    calls = [r for r in of_keys() if r.get("eventType") == "AwsApiCall" and "errorCode" not in r]
    assert [r["eventID"] for r in through] == [r["eventID"] for r in calls]


def test_key_parser_reads_or_refuses_every_record() -> None:
    for row in published():
        with suppress(MalformedEventError):
            parse_key_call(json.dumps(enveloped(row["record"])))
