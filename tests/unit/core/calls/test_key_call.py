"""The parser of calls on KMS keys: every shape that AWS documents or that was recorded (A40, A41)."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseal.core.calls.keys.key_call import KeyCall, parse_key_call
from reseal.core.calls.keys.key_message import WATCH_KEYS, WatchKeys, parse_key_message
from reseal.core.calls.look import Look
from reseal.core.calls.queue_message import CloseWindow, look_body, reminder_body
from reseal.core.errors import MalformedEventError
from reseal.core.resource import BucketResource, KeyResource
from tests.support.builders import ACCOUNT, EVENT_ID, TEAM_KEY, UNLISTED_KEY, a_record, an_event
from tests.support.fakes.services import NOON

KEY_ID = TEAM_KEY.rpartition("/")[2]
REMINDER = CloseWindow(scope=TEAM_KEY, window_id="w-1")
ALIAS_ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/team"


def of_kms(name: str = "DisableKey", **changes: Any) -> str:
    """The event of a call on the team's key; None removes a field of the record."""
    call: dict[str, Any] = {
        "eventSource": "kms.amazonaws.com",
        "eventName": name,
        "requestParameters": {"keyId": TEAM_KEY},
        "responseElements": {"keyId": TEAM_KEY},
        "resources": [named(TEAM_KEY)],
    }
    return json.dumps(an_event() | {"source": "aws.kms", "detail": a_record(**(call | changes))})


def named(arn: str, spelled: str = "ARN") -> dict[str, str]:
    return {"accountId": ACCOUNT, "type": "AWS::KMS::Key", spelled: arn}


def by_kms(detail_type: str = "KMS CMK Deletion", **changes: Any) -> str:
    event = {"detail-type": detail_type, "resources": [TEAM_KEY], "detail": {"key-id": KEY_ID}}
    return json.dumps(an_event() | event | changes)


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"requestParameters": {"keyId": KEY_ID}},
        {"resources": None},
        {"resources": None, "responseElements": None},
        {"resources": None, "responseElements": None, "requestParameters": {"keyId": KEY_ID}},
        {"resources": "odd", "responseElements": None},
        {"resources": ["odd", {}], "responseElements": None},
        {"resources": [named(TEAM_KEY, "arn")], "responseElements": None, "requestParameters": None},
        {"resources": [named(ALIAS_ARN), named(TEAM_KEY)], "requestParameters": {"aliasName": "alias/team"}},
        {"resources": [named(TEAM_KEY), named(ALIAS_ARN)], "requestParameters": {"aliasName": "alias/team"}},
        {
            "resources": None,
            "responseElements": None,
            "requestParameters": {"aliasName": "alias/team", "targetKeyId": KEY_ID},
        },
    ],
    ids=str,
)
def test_key_is_found_wherever_the_record_names_it(record: dict[str, Any]) -> None:
    assert parse_key_call(of_kms(**record)).kms_key == TEAM_KEY


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-central-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eu-isoe-west-1", "aws-iso-e"),
        ("us-isof-south-1", "aws-iso-f"),
        ("eusc-de-east-1", "aws-eusc"),
    ],
)
def test_bare_id_is_a_key_of_the_records_account_and_region(region: str, partition: str) -> None:
    bare = {"resources": None, "responseElements": None, "requestParameters": {"keyId": KEY_ID}}

    call = parse_key_call(of_kms(awsRegion=region, **bare))

    assert call.kms_key == f"arn:{partition}:kms:{region}:{ACCOUNT}:key/{KEY_ID}"


@pytest.mark.parametrize(
    "record",
    [
        {"requestParameters": None},
        {"requestParameters": {"keyId": "alias/team"}},
        {"requestParameters": {"keyId": KEY_ID}, "awsRegion": None},
        {"requestParameters": {"keyId": KEY_ID}, "awsRegion": "nowhere"},
        {"requestParameters": {"keyId": KEY_ID}, "recipientAccountId": None},
        {"requestParameters": {"keyId": KEY_ID}, "recipientAccountId": "us"},
    ],
    ids=str,
)
def test_record_that_names_no_key_is_malformed(record: dict[str, Any]) -> None:
    with pytest.raises(MalformedEventError, match="the record names no KMS key"):
        parse_key_call(of_kms(resources=None, responseElements=None, **record))


def test_call_is_read_whole() -> None:
    call = parse_key_call(of_kms("UpdateAlias", requestParameters={"aliasName": "alias/team"}))

    assert (call.event_id, call.name, call.time, call.recipient) == (EVENT_ID, "UpdateAlias", NOON, ACCOUNT)
    assert (call.owner, call.alias, call.policy, call.skipped_check) == (ACCOUNT, "alias/team", None, False)
    assert call.actor.who == f"arn:aws:iam::{ACCOUNT}:role/Payroll"
    assert call.resource == KeyResource(kms_key=TEAM_KEY)


@pytest.mark.parametrize("name", ["", "team", "alias/" + "a" * 251, 7])
def test_odd_alias_is_not_taken(name: Any) -> None:
    assert parse_key_call(of_kms(requestParameters={"aliasName": name})).alias is None


@pytest.mark.parametrize(
    ("stated", "policy"),
    [
        ('{"Statement": []}', {"Statement": []}),
        (None, None),
        ("", None),
        ("{", None),
        ("[]", None),
        ("[" * 100_000, None),
        ({"Statement": []}, None),
    ],
    ids=["policy", "left out", "empty", "no JSON", "no object", "too deep", "no text"],
)
def test_policy_is_read_from_its_text(stated: Any, policy: Any) -> None:
    assert parse_key_call(of_kms("PutKeyPolicy", requestParameters={"policy": stated})).policy == policy


def test_skipped_check_is_read() -> None:
    asked = {"keyId": TEAM_KEY, "bypassPolicyLockoutSafetyCheck": True}

    assert parse_key_call(of_kms("PutKeyPolicy", requestParameters=asked)).skipped_check


@pytest.mark.parametrize(
    ("detail_type", "name", "event_id"),
    [
        ("KMS CMK Deletion", "DeleteKey", f"DeleteKey-{KEY_ID}"),
        (
            "KMS Imported Key Material Expiration",
            "DeleteExpiredKeyMaterial",
            f"DeleteExpiredKeyMaterial-2026-11-23-{KEY_ID}",
        ),
    ],
)
def test_what_kms_says_itself_is_a_call_by_kms_with_one_id(
    detail_type: str, name: str, event_id: str
) -> None:
    call = parse_key_call(by_kms(detail_type))
    again = parse_key_call(by_kms(detail_type, id="another"))

    assert call == again
    assert (call.name, call.event_id, call.kms_key, call.time) == (name, event_id, TEAM_KEY, NOON)
    assert (call.actor.who, call.recipient) == ("kms.amazonaws.com", None)


def test_key_that_kms_names_by_its_id_alone_is_one_of_the_events_account() -> None:
    assert parse_key_call(by_kms(resources=[])).kms_key == TEAM_KEY


@pytest.mark.parametrize("detail", [None, {}, {"key-id": 7}, {"key-id": "a/b"}], ids=str)
def test_event_of_kms_without_a_key_is_malformed(detail: Any) -> None:
    with pytest.raises(MalformedEventError, match="key-id"):
        parse_key_call(by_kms(resources=["odd", 7], detail=detail))


def test_call_keeps_its_key_at_another_kind_of_resource() -> None:
    call = parse_key_call(of_kms())

    assert call.at(KeyResource(kms_key=UNLISTED_KEY)).kms_key == UNLISTED_KEY
    assert call.at(BucketResource(bucket="b")) == call


def test_lane_reads_calls_looks_and_the_hourly_question() -> None:
    look = Look(event_id="look-1", time=NOON, resource=KeyResource(kms_key=TEAM_KEY))

    assert parse_key_message(of_kms()) == parse_key_call(of_kms())
    assert parse_key_message(look_body(look)) == look
    assert parse_key_message(WATCH_KEYS) == WatchKeys()
    assert parse_key_message(reminder_body(REMINDER)) == REMINDER


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (look_body(Look(event_id="1", time=NOON, resource=BucketResource(bucket="b"))), "cannot check"),
        (look_body(Look(event_id="1", time=NOON, resource=KeyResource(kms_key="alias/team"))), "not the ARN"),
        ('{"reseal": "watch-buckets"}', "not a message from Reseal"),
    ],
)
def test_lane_refuses_what_is_not_for_it(body: str, why: str) -> None:
    with pytest.raises(MalformedEventError, match=why):
        parse_key_message(body)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "detail",
                        "keyId",
                        "resources",
                        "ARN",
                        "requestParameters",
                        "responseElements",
                        "eventID",
                        "eventName",
                        "eventTime",
                        "policy",
                    ]
                ),
                inner,
            )
        ),
    )
)
def test_any_json_is_read_or_refused(value: Any) -> None:
    with suppress(MalformedEventError):
        assert isinstance(parse_key_call(json.dumps({"detail": value})), KeyCall)
