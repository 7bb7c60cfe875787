from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from reseal.core.calls.bucket_call import parse_bucket_call
from reseal.core.errors import MalformedEventError
from tests.support.builders import (
    ACCOUNT,
    BUCKET,
    EVENT_ID,
    TEAM_KEY,
    a_body,
    an_actor,
    an_event,
    create_bucket,
    stated,
)

MISSING = "(missing)"


def with_field(field: str, value: object) -> str:
    """The body with one field of the record set, or removed where `value` is MISSING."""
    event = an_event()
    parent = event["detail"]
    *path, name = field.split(".")
    for step in path:
        parent = parent[step]
    if value is MISSING:
        del parent[name]
    else:
        parent[name] = value
    return json.dumps(event)


def with_rule(rule: object) -> str:
    return with_field("requestParameters.ServerSideEncryptionConfiguration", {"Rule": rule})


def with_default(**default: object) -> str:
    return with_rule({"ApplyServerSideEncryptionByDefault": default})


def with_blocked(kinds: object) -> str:
    return with_rule({"BlockedEncryptionTypes": {"EncryptionType": kinds}})


def test_a_call_is_read_whole() -> None:
    body = a_body()

    call = parse_bucket_call(body)

    assert call.event_id == EVENT_ID
    assert call.name == "PutBucketEncryption"
    assert call.time == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    assert call.bucket == BUCKET
    assert call.owner == ACCOUNT
    assert call.actor == an_actor()
    assert call.stated == stated("AES256")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        pytest.param("", "not JSON", id="empty text"),
        pytest.param("not json", "not JSON", id="no JSON"),
        pytest.param('{"detail": ', "not JSON", id="cut off"),
        pytest.param("[" * 100_000, "not JSON", id="deep nesting"),
        pytest.param("[" * 100_000 + "]" * 100_000, "not JSON", id="deep nesting, closed"),
        pytest.param('{"detail": ' + "9" * 5000 + "}", "not JSON", id="number without end"),
        pytest.param("null", "not a JSON object", id="null"),
        pytest.param("NaN", "not a JSON object", id="NaN"),
        pytest.param("[]", "not a JSON object", id="list"),
        pytest.param('"text"', "not a JSON object", id="text"),
        pytest.param("{}", "detail", id="no detail"),
        pytest.param('{"detail": null}', "detail", id="null detail"),
        pytest.param('{"detail": [{}]}', "detail", id="list detail"),
        pytest.param('{"detail": "{}"}', "detail", id="text detail"),
        pytest.param('{"detail": {}}', "detail.eventID", id="empty detail"),
    ],
)
def test_what_is_no_event_is_refused(body: str, named: str) -> None:
    with pytest.raises(MalformedEventError, match=named):
        parse_bucket_call(body)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("requestParameters.bucketName", None),
        ("requestParameters.bucketName", ""),
        ("requestParameters.bucketName", ["payroll"]),
        ("requestParameters.bucketName", 7),
        ("requestParameters.bucketName", "pay/roll"),
        ("requestParameters.bucketName", "pay roll"),
        ("requestParameters.bucketName", "payroll\n"),
        ("requestParameters.bucketName", "péage"),
        ("requestParameters.bucketName", "b" * 256),
        ("requestParameters.bucketName", "arn:aws:s3:::payroll"),
        ("eventID", MISSING),
        ("eventID", None),
        ("eventID", ""),
        ("eventID", 7),
        ("eventName", MISSING),
        ("eventName", {}),
        ("eventTime", MISSING),
        ("eventTime", 1_700_000_000),
        ("eventTime", float("nan")),
        ("eventTime", "yesterday"),
        ("eventTime", "2026-13-01T00:00:00Z"),
        ("eventTime", "9999-12-31T23:59:59-23:59"),
        ("eventTime", "0001-01-01T00:00:00+23:59"),
        ("eventTime", "\ud800"),
    ],
    ids=lambda value: str(value)[:40].encode("unicode_escape").decode(),
)
def test_a_malformed_field_is_refused_and_named(field: str, value: object) -> None:
    body = with_field(field, value)

    with pytest.raises(MalformedEventError, match=f"detail.{field}"):
        parse_bucket_call(body)


LEFT_OUT = [
    ("requestParameters", None),
    ("requestParameters", []),
    ("requestParameters", "omitted"),
    ("requestParameters", MISSING),
    ("requestParameters.bucketName", MISSING),
]


@pytest.mark.parametrize(("field", "value"), LEFT_OUT, ids=str)
def test_a_bucket_whose_parameters_were_left_out_is_found_by_its_arn(field: str, value: object) -> None:
    call = parse_bucket_call(with_field(field, value))

    assert call.bucket == BUCKET


@pytest.mark.parametrize(("field", "value"), LEFT_OUT, ids=str)
def test_a_record_that_names_no_bucket_at_all_is_refused(field: str, value: object) -> None:
    event = json.loads(with_field(field, value))
    del event["detail"]["resources"]

    with pytest.raises(MalformedEventError, match="bucketName"):
        parse_bucket_call(json.dumps(event))


def test_a_refusal_quotes_no_more_than_a_little_of_the_value() -> None:
    body = with_field("requestParameters.bucketName", "x/" * 50_000)

    with pytest.raises(MalformedEventError) as refused:
        parse_bucket_call(body)

    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"userIdentity": None}, id="no identity"),
        pytest.param({"userIdentity": []}, id="list identity"),
        pytest.param({"sourceIPAddress": 7}, id="odd address"),
        pytest.param({"responseElements": [[[]]]}, id="odd response"),
    ],
)
def test_what_only_informs_may_be_missing_or_odd(change: dict[str, Any]) -> None:
    body = a_body(**change)

    call = parse_bucket_call(body)

    assert call.bucket == BUCKET


@pytest.mark.parametrize(
    "host", ["s3.amazonaws.com", ["s3.amazonaws.com"], None], ids=["text", "list", "null"]
)
def test_host_may_have_any_shape(host: object) -> None:
    body = with_field("requestParameters.Host", host)

    call = parse_bucket_call(body)

    assert call.bucket == BUCKET


@pytest.mark.parametrize(
    "bucket", ["abc", "My_Old.Bucket-2016", "b" * 255, "a.b.c"], ids=["short", "old", "longest", "dots"]
)
def test_bucket_names_of_all_ages_are_read(bucket: str) -> None:
    body = with_field("requestParameters.bucketName", bucket)

    call = parse_bucket_call(body)

    assert call.bucket == bucket


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-23T12:00:00Z", datetime(2026, 11, 23, 12, tzinfo=UTC)),
        ("2026-11-23T12:00:00.250Z", datetime(2026, 11, 23, 12, 0, 0, 250_000, tzinfo=UTC)),
        ("2026-11-23T12:00:00", datetime(2026, 11, 23, 12, tzinfo=UTC)),
        ("2026-11-23T14:00:00+02:00", datetime(2026, 11, 23, 14, tzinfo=timezone(timedelta(hours=2)))),
    ],
    ids=["UTC", "fraction", "naive means UTC", "offset"],
)
def test_the_time_of_the_call_is_always_aware(text: str, time: datetime) -> None:
    body = with_field("eventTime", text)

    call = parse_bucket_call(body)

    assert call.time == time
    assert call.time.tzinfo is not None


def test_a_create_bucket_names_no_owner_and_states_no_encryption() -> None:
    body = create_bucket()

    call = parse_bucket_call(body)

    assert (call.owner, call.stated) == (None, None)


BUCKET_RESOURCE = {"type": "AWS::S3::Bucket", "accountId": "444455556666"}


@pytest.mark.parametrize(
    ("resources", "owner"),
    [
        pytest.param([BUCKET_RESOURCE], "444455556666", id="bucket"),
        pytest.param(
            [{"type": "AWS::S3::Object", "accountId": "1"}, BUCKET_RESOURCE], "444455556666", id="second"
        ),
        pytest.param([{"type": "AWS::S3::Bucket"}], None, id="no account"),
        pytest.param([{"type": "AWS::KMS::Key", "accountId": "1"}], None, id="other resource"),
        pytest.param([{"type": "AWS::S3::Bucket", "accountId": 1}], None, id="number"),
        pytest.param(["bucket", None, BUCKET_RESOURCE], "444455556666", id="odd entries"),
        pytest.param([], None, id="empty"),
        pytest.param(None, None, id="null"),
        pytest.param(BUCKET_RESOURCE, None, id="object"),
        pytest.param("bucket", None, id="text"),
    ],
)
def test_the_bucket_resource_names_the_owner(resources: object, owner: str | None) -> None:
    body = with_field("resources", resources)

    call = parse_bucket_call(body)

    assert call.owner == owner


KMS = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": TEAM_KEY}


@pytest.mark.parametrize(
    "rule",
    [
        {"ApplyServerSideEncryptionByDefault": KMS},
        [{"ApplyServerSideEncryptionByDefault": KMS}],
        [{"ApplyServerSideEncryptionByDefault": [KMS]}, {"BucketKeyEnabled": True}],
    ],
    ids=["object", "list", "list in list"],
)
def test_an_xml_element_may_be_an_object_or_a_list(rule: object) -> None:
    body = with_rule(rule)

    call = parse_bucket_call(body)

    assert call.stated == stated("aws:kms", TEAM_KEY)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(with_rule({}), id="empty rule"),
        pytest.param(with_rule([]), id="empty list"),
        pytest.param(with_rule(None), id="null"),
        pytest.param(with_rule("rule"), id="text"),
        pytest.param(with_rule([[{"a": 1}]]), id="nested list"),
        pytest.param(with_field("requestParameters.ServerSideEncryptionConfiguration", ""), id="marker"),
        pytest.param(
            with_field("requestParameters.ServerSideEncryptionConfiguration", MISSING), id="missing"
        ),
    ],
)
def test_a_record_without_a_rule_states_nothing(body: str) -> None:
    call = parse_bucket_call(body)

    assert call.stated is None


@pytest.mark.parametrize(
    "body",
    [with_default(SSEAlgorithm=7, KMSMasterKeyID=[]), with_rule({"BucketKeyEnabled": True})],
    ids=["odd types", "no default"],
)
def test_an_odd_rule_states_neither_algorithm_nor_key(body: str) -> None:
    call = parse_bucket_call(body)

    assert call.stated == stated()


@pytest.mark.parametrize(
    ("kinds", "unblocks"),
    [
        ("NONE", True),
        (["NONE"], True),
        (["SSE-C", "NONE"], True),
        ("SSE-C", False),
        (["SSE-C"], False),
        (None, False),
        ({"NONE": 1}, False),
        (7, False),
    ],
    ids=str,
)
def test_only_none_unblocks_sse_c(kinds: object, unblocks: bool) -> None:
    body = with_blocked(kinds)

    call = parse_bucket_call(body)

    assert call.stated is not None
    assert call.stated.unblocks_sse_c is unblocks


def test_unicode_is_read_as_it_is() -> None:
    identity = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/Zoë-王-🔑"}

    call = parse_bucket_call(a_body(userIdentity=identity))

    assert call.actor.who.endswith("Zoë-王-🔑")


def test_a_record_of_256_kb_is_read() -> None:
    body = with_field("requestParameters.x", "y" * 256 * 1024)

    call = parse_bucket_call(body)

    assert call.bucket == BUCKET


NESTED: list[tuple[str, Callable[[str], str]]] = [
    ("bucketName", lambda deep: f'{{"bucketName": {deep}}}'),
    ("a field that is not read", lambda deep: f'{{"bucketName": "payroll", "x": {deep}}}'),
    (
        "Rule",
        lambda deep: f'{{"bucketName": "payroll", "ServerSideEncryptionConfiguration": {{"Rule": {deep}}}}}',
    ),
]


@pytest.mark.parametrize("place", [place for _, place in NESTED], ids=[name for name, _ in NESTED])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"])
def test_no_depth_of_nesting_breaks_the_parser(
    place: Callable[[str], str], opening: str, closing: str
) -> None:
    event = an_event()
    event["detail"]["requestParameters"] = "HERE"
    outcomes = set()

    for depth in range(1, 1200):
        deep = opening * depth + "1" + closing * depth
        body = json.dumps(event).replace('"HERE"', place(deep))
        try:
            outcomes.add(parse_bucket_call(body).bucket)
        except MalformedEventError:
            outcomes.add("refused")

    assert outcomes <= {BUCKET, "refused"}
