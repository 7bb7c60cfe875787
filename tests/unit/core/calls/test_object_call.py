"""Step 1 of the object lane: what a record says, in every spelling that records have."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseal.core.calls.object_call import parse_object_call
from reseal.core.calls.stated_encryption import StatedObjectEncryption
from reseal.core.errors import MalformedEventError
from reseal.core.resource import BucketResource, ObjectResource
from tests.support.builders import (
    ACCOUNT,
    BUCKET,
    EVENT_ID,
    KEY,
    OTHER_ACCOUNT,
    REGION,
    TEAM_KEY,
    a_body,
    an_actor,
    an_object_body,
    an_object_record,
)

SSE = "x-amz-server-side-encryption"
ROLE = {"type": "AssumedRole", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/Payroll/alice"}


def bucket_entry(name: str, account: str | None = ACCOUNT) -> dict[str, Any]:
    entry = {"type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{name}"}
    return entry | ({"accountId": account} if account else {})


def object_entry(name: str) -> dict[str, Any]:
    return {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{name}"}


def asking(**headers: Any) -> dict[str, Any]:
    return {"bucketName": BUCKET, "key": KEY} | headers


def test_a_write_is_read_whole() -> None:
    call = parse_object_call(an_object_body())

    assert (call.event_id, call.name, call.bucket, call.object_key) == (EVENT_ID, "PutObject", BUCKET, KEY)
    assert call.time == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    assert call.actor == an_actor()
    assert call.owner == ACCOUNT
    assert call.stated == StatedObjectEncryption(algorithm="AES256", answered=True)
    assert call.resource == ObjectResource(bucket=BUCKET, object_key=KEY, version_id=None)
    assert (call.version_id, call.delivered_by, call.own_model) == (None, None, None)


def test_a_call_is_of_the_object_that_s3_names_and_of_nothing_else() -> None:
    call = parse_object_call(an_object_body())
    there = ObjectResource(bucket=BUCKET, object_key="as S3 spells it", version_id="v1")

    assert call.at(there).resource == there
    assert call.at(BucketResource(bucket=BUCKET)) == call


COPIED = [
    object_entry(f"{BUCKET}/{KEY}"),
    bucket_entry(BUCKET),
    bucket_entry("source", OTHER_ACCOUNT),
    object_entry(f"source/{KEY}"),
]


@pytest.mark.parametrize("listed", [COPIED, COPIED[::-1]], ids=["source last", "source first"])
def test_a_copy_is_a_write_to_its_destination_whatever_is_listed_with_it(listed: list[Any]) -> None:
    body = an_object_body(eventName="CopyObject", resources=listed)

    call = parse_object_call(body)

    assert (call.bucket, call.object_key, call.owner) == (BUCKET, KEY, ACCOUNT)


@pytest.mark.parametrize(
    ("named", "listed", "bucket", "owner"),
    [
        pytest.param(BUCKET, [bucket_entry(BUCKET)], BUCKET, ACCOUNT, id="both"),
        pytest.param(BUCKET, [], BUCKET, None, id="nothing listed"),
        pytest.param(BUCKET, None, BUCKET, None, id="no list"),
        pytest.param(BUCKET, {"type": "AWS::S3::Bucket"}, BUCKET, None, id="list is none"),
        pytest.param(BUCKET, ["?", {}, {"type": "AWS::S3::Bucket"}], BUCKET, None, id="odd entries"),
        pytest.param(BUCKET, [bucket_entry(BUCKET, None)], BUCKET, None, id="owner not named"),
        pytest.param(BUCKET, [bucket_entry(BUCKET, OTHER_ACCOUNT)], BUCKET, OTHER_ACCOUNT, id="other's"),
        pytest.param(None, [bucket_entry(BUCKET)], BUCKET, ACCOUNT, id="bucket not named"),
        pytest.param("my-point", [bucket_entry(BUCKET)], BUCKET, ACCOUNT, id="access point"),
        pytest.param("a-1234-s3alias", [bucket_entry(BUCKET)], BUCKET, ACCOUNT, id="alias of a point"),
        pytest.param(
            f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/p", [bucket_entry(BUCKET)], BUCKET, ACCOUNT, id="ARN"
        ),
    ],
)
def test_the_bucket_is_the_one_that_is_listed(
    named: str | None, listed: object, bucket: str, owner: str | None
) -> None:
    request = {"key": KEY} | ({"bucketName": named} if named else {})

    call = parse_object_call(an_object_body(requestParameters=request, resources=listed))

    assert (call.bucket, call.owner) == (bucket, owner)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"bucketName": ""}, id="empty"),
        pytest.param({"bucketName": [BUCKET]}, id="list"),
        pytest.param({"bucketName": {BUCKET: 1}}, id="object"),
        pytest.param({"bucketName": None}, id="null and nothing listed"),
        pytest.param({"bucketName": "../etc"}, id="slashes"),
        pytest.param({"bucketName": "a b"}, id="space"),
        pytest.param(
            {"bucketName": f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/p"}, id="ARN, nothing listed"
        ),
    ],
)
def test_what_no_bucket_can_be_called_is_refused(changes: dict[str, Any]) -> None:
    body = an_object_body(requestParameters={"key": KEY} | changes, resources=None)

    with pytest.raises(MalformedEventError, match="bucketName"):
        parse_object_call(body)


@pytest.mark.parametrize(
    "listed",
    [
        pytest.param([object_entry(f"{BUCKET}/{KEY}"), bucket_entry(BUCKET)], id="object first"),
        pytest.param([bucket_entry(BUCKET), object_entry(f"{BUCKET}/{KEY}")], id="bucket first"),
        pytest.param(
            [object_entry(f"source/x:::{BUCKET}/y"), bucket_entry(BUCKET), object_entry(f"{BUCKET}/{KEY}")],
            id="beside the source of a copy",
        ),
    ],
)
@pytest.mark.parametrize("request_parameters", [None, {"bucketName": BUCKET}], ids=["all left out", "no key"])
def test_a_key_that_was_left_out_is_read_from_the_arn(listed: list[Any], request_parameters: Any) -> None:
    call = parse_object_call(an_object_body(requestParameters=request_parameters, resources=listed))

    assert (call.bucket, call.object_key) == (BUCKET, KEY)


LONGEST = "ü" * 512
KEYS = [
    pytest.param("a", id="one letter"),
    pytest.param(" leading and trailing ", id="spaces"),
    pytest.param("two  spaces\tand\nlines", id="white space"),
    pytest.param("Gehälter/März 🔑.csv", id="unicode"),
    pytest.param("a+b%20c%2Fd&e=f", id="URL-encoded"),
    pytest.param("a?versionId=3/L4kqtJ", id="looks like a version"),
    pytest.param("../../../etc/passwd", id="dots"),
    pytest.param("/", id="slash"),
    pytest.param("<script>'\"`$(id)\\", id="quotes"),
    pytest.param(LONGEST, id="1,024 bytes"),
    pytest.param("%C3%BC" * 170, id="1,020 bytes, URL-encoded or not"),
]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_stays_as_it_is_spelled(key: str) -> None:
    assert parse_object_call(an_object_body(key=key)).object_key == key


def test_a_key_that_is_spelled_longer_than_a_key_can_be_is_url_encoded() -> None:
    assert parse_object_call(an_object_body(key="%C3%BC" * 512)).object_key == "ü" * 512


@pytest.mark.parametrize("key", KEYS)
def test_a_key_reads_the_same_from_the_arn(key: str) -> None:
    assert parse_object_call(an_object_body(key=key, requestParameters=None)).object_key == key


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("", id="empty"),
        pytest.param(None, id="none anywhere"),
        pytest.param(["a"], id="list"),
        pytest.param(1, id="number"),
        pytest.param(LONGEST + "a", id="1,025 bytes"),
        pytest.param("\ud800", id="lone surrogate"),
        pytest.param("%41\udcff", id="lone surrogate behind an URL-encoding"),
    ],
)
def test_what_can_be_no_key_is_refused(key: Any) -> None:
    body = an_object_body(requestParameters=asking(key=key), resources=None)

    with pytest.raises(MalformedEventError, match=r"requestParameters\.key"):
        parse_object_call(body)


@pytest.mark.parametrize(
    ("key", "unquoted"),
    [
        ("plain/key.csv", None),
        ("a+b", "a b"),
        ("M%C3%A4rz.csv", "März.csv"),
        ("file%2Fname", "file/name"),
        ("100%", None),
    ],
)
def test_a_key_that_may_be_url_encoded_has_a_second_reading(key: str, unquoted: str | None) -> None:
    assert parse_object_call(an_object_body(key=key)).unquoted_key == unquoted


@pytest.mark.parametrize(
    ("request_headers", "response", "stated"),
    [
        pytest.param({}, None, StatedObjectEncryption(), id="nothing (multipart)"),
        pytest.param({}, "{}", StatedObjectEncryption(), id="text"),
        pytest.param({}, [], StatedObjectEncryption(), id="empty list"),
        pytest.param(
            {}, [{SSE: "AES256"}], StatedObjectEncryption(algorithm="AES256", answered=True), id="list"
        ),
        pytest.param({}, {"x-amz-expiration": "soon"}, StatedObjectEncryption(), id="something else"),
        pytest.param({}, {SSE: ["AES256"]}, StatedObjectEncryption(), id="header is no text"),
        pytest.param(
            {SSE: "Aes256"},
            {SSE: "Aes256"},
            StatedObjectEncryption(algorithm="AES256", answered=True),
            id="other case",
        ),
        pytest.param(
            {},
            {SSE: "AWS:KMS", f"{SSE}-aws-kms-key-id": TEAM_KEY},
            StatedObjectEncryption(algorithm="aws:kms", key_id=TEAM_KEY, answered=True),
            id="by default",
        ),
        pytest.param(
            {SSE: "aws:kms", f"{SSE}-aws-kms-key-id": "alias/team"},
            {SSE: "aws:kms", f"{SSE}-aws-kms-key-id": TEAM_KEY},
            StatedObjectEncryption(algorithm="aws:kms", key_id=TEAM_KEY, answered=True),
            id="the answer counts",
        ),
        pytest.param(
            {SSE: "aws:kms:dsse", f"{SSE}-aws-kms-key-id": "alias/team"},
            None,
            StatedObjectEncryption(algorithm="aws:kms:dsse", key_id="alias/team"),
            id="only asked for",
        ),
        pytest.param(
            {SSE: "aws:kms", f"{SSE}-context": "e30="},
            {SSE: "aws:kms"},
            StatedObjectEncryption(algorithm="aws:kms", context="e30=", answered=True),
            id="context sent",
        ),
        pytest.param(
            {SSE: "aws:kms", f"{SSE}-context": "e30="},
            {SSE: "aws:kms", f"{SSE}-context": "eyJhIjoiYiJ9"},
            StatedObjectEncryption(algorithm="aws:kms", context="eyJhIjoiYiJ9", answered=True),
            id="context answered",
        ),
        pytest.param(
            {f"{SSE}-customer-algorithm": "AES256"},
            {f"{SSE}-customer-algorithm": "AES256"},
            StatedObjectEncryption(algorithm="SSE-C", answered=True),
            id="SSE-C",
        ),
        pytest.param(
            {f"{SSE}-customer-algorithm": "AES256"},
            None,
            StatedObjectEncryption(algorithm="SSE-C"),
            id="SSE-C without an answer",
        ),
        pytest.param(
            {},
            {f"{SSE}-customer-algorithm": "AES256", SSE: "AES256"},
            StatedObjectEncryption(algorithm="SSE-C", answered=True),
            id="SSE-C before SSE-S3",
        ),
    ],
)
def test_a_record_states_the_encryption(
    request_headers: dict[str, Any], response: object, stated: StatedObjectEncryption
) -> None:
    body = an_object_body(requestParameters=asking(**request_headers))
    record = json.loads(body)
    record["detail"]["responseElements"] = response

    assert parse_object_call(json.dumps(record)).stated == stated


@pytest.mark.parametrize(
    ("request_headers", "response", "version_id"),
    [
        pytest.param({}, {"x-amz-version-id": "v1"}, "v1", id="answered"),
        pytest.param({"versionId": "v0"}, None, "v0", id="asked for"),
        pytest.param({"versionId": "v0"}, {"x-amz-version-id": "v1"}, "v1", id="the answer counts"),
        pytest.param({}, {"x-amz-version-id": "null"}, "null", id="null version"),
        pytest.param({"versionId": ""}, {}, None, id="none"),
    ],
)
def test_a_version_is_the_one_that_was_made_or_changed(
    request_headers: dict[str, Any], response: Any, version_id: str | None
) -> None:
    body = an_object_body(requestParameters=asking(**request_headers), responseElements=response)

    call = parse_object_call(body)

    assert call.version_id == version_id
    assert call.resource.version_id == version_id


@pytest.mark.parametrize(
    ("identity", "service"),
    [
        pytest.param({"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"}, True, id="service"),
        pytest.param(ROLE | {"invokedBy": "athena.amazonaws.com"}, False, id="user's call through Athena"),
        pytest.param(
            {"type": "AWSAccount", "accountId": ACCOUNT, "invokedBy": "s3.amazonaws.com"}, False, id="replica"
        ),
        pytest.param({"type": "AWSService"}, False, id="service without a name"),
        pytest.param(None, False, id="no identity"),
    ],
)
def test_only_a_service_on_its_own_behalf_delivers(identity: dict[str, Any] | None, service: bool) -> None:
    call = parse_object_call(an_object_body(userIdentity=identity))

    assert call.delivered_by == ("cloudtrail.amazonaws.com" if service else None)


POINT = "ap-01.op-02"
DIRECTORY = "logs--use1-az4--x-s3"
OUTPOSTS_HOST = f"{POINT}.s3-outposts.{REGION}.amazonaws.com"
DIRECTORY_HOST = f"{DIRECTORY}.s3express-use1-az4.{REGION}.amazonaws.com"


@pytest.mark.parametrize(
    ("bucket", "hosts", "model"),
    [
        pytest.param(BUCKET, {"Host": OUTPOSTS_HOST}, "Outposts", id="Outposts"),
        pytest.param(BUCKET, {"host": [OUTPOSTS_HOST]}, "Outposts", id="Outposts, list"),
        pytest.param(DIRECTORY, {"Host": DIRECTORY_HOST}, "directory", id="directory"),
        pytest.param(BUCKET, {"host": [DIRECTORY_HOST]}, "directory", id="directory, list"),
        pytest.param(
            BUCKET, {"Host": f"s3express-control.{REGION}.amazonaws.com"}, "directory", id="by path"
        ),
        pytest.param(BUCKET, {"Host": f"{BUCKET}.s3.{REGION}.amazonaws.com"}, None, id="general purpose"),
        pytest.param(BUCKET, {"Host": [f"s3.{REGION}.amazonaws.com"]}, None, id="by path, list"),
        pytest.param(BUCKET, {"Host": []}, None, id="empty list"),
        pytest.param(BUCKET, {}, None, id="no host"),
        pytest.param(
            "s3express-x", {"Host": "s3express-x.s3.amazonaws.com"}, None, id="named like directory"
        ),
        pytest.param("a.s3express-x", {"Host": "a.s3express-x.s3.amazonaws.com"}, None, id="with dots"),
        pytest.param(
            "a.s3-outposts.b", {"Host": "a.s3-outposts.b.s3.amazonaws.com"}, None, id="like Outposts"
        ),
    ],
)
def test_what_has_an_encryption_model_of_its_own_is_recognised_by_the_host(
    bucket: str, hosts: dict[str, Any], model: str | None
) -> None:
    request = {"bucketName": bucket, "key": KEY} | hosts

    call = parse_object_call(an_object_body(bucket=bucket, requestParameters=request))

    assert (call.own_model is None) == (model is None)
    assert (model or "") in (call.own_model or "")


ODD_BUCKET = "logs.s3express-archive.example.com"


@pytest.mark.parametrize(
    ("host", "model"),
    [
        pytest.param(ODD_BUCKET, None, id="the bucket"),
        pytest.param(f"{ODD_BUCKET}:443", None, id="with a port"),
        pytest.param(f"{ODD_BUCKET.upper()}.", None, id="as DNS reads it"),
        pytest.param([ODD_BUCKET], None, id="list"),
        pytest.param(f"{ODD_BUCKET}.s3.amazonaws.com:80", None, id="before S3's host"),
        pytest.param(f"s3express-use1-az4.{REGION}.amazonaws.com", "directory", id="S3's host, by path"),
        pytest.param(f"{ODD_BUCKET}.s3express-use1-az4.{REGION}.amazonaws.com", "directory", id="directory"),
    ],
)
def test_a_host_that_is_the_buckets_name_is_no_sign_of_another_model(host: Any, model: str | None) -> None:
    request = {"bucketName": ODD_BUCKET, "key": KEY, "Host": host}

    call = parse_object_call(an_object_body(bucket=ODD_BUCKET, requestParameters=request))

    assert (call.own_model is None) == (model is None)


POINT_ARN = f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/fsx-ap"
LISTED_POINT = {"accountId": ACCOUNT, "type": "AWS::S3::AccessPoint", "ARN": POINT_ARN}
ALIAS = "fsx-ap-foo7detztxouyjpwtu8krroppxytruse1a-ext-s3alias"
OF_FSX, OF_BACKUP = {SSE: "aws:fsx"}, {SSE: "aws:backup"}


def through(point: str, response: Any, listed: list[Any] | None, name: str = "PutObject") -> str:
    request = {"bucketName": point, "key": KEY}
    return an_object_body(
        eventName=name, requestParameters=request, responseElements=response, resources=listed
    )


@pytest.mark.parametrize(
    ("body", "model"),
    [
        pytest.param(through(POINT_ARN, OF_FSX, [LISTED_POINT]), "FSx", id="FSx"),
        pytest.param(through(POINT_ARN, OF_FSX, None), "FSx", id="FSx, nothing listed"),
        pytest.param(through(POINT_ARN, OF_FSX, [bucket_entry("src"), LISTED_POINT]), "FSx", id="a copy"),
        pytest.param(through(ALIAS, OF_FSX, [LISTED_POINT]), "FSx", id="alias"),
        pytest.param(through(ALIAS, None, None, "CompleteMultipartUpload"), "FSx", id="alias alone"),
        pytest.param(
            through(POINT_ARN, None, [LISTED_POINT], "CompleteMultipartUpload"), "FSx", id="no answer"
        ),
        pytest.param(through(POINT_ARN, OF_BACKUP, [LISTED_POINT]), "Backup", id="AWS Backup"),
    ],
)
def test_an_access_point_that_belongs_to_no_bucket_has_its_own_model(body: str, model: str) -> None:
    call = parse_object_call(body)

    assert model in (call.own_model or "")
    assert call.bucket in (POINT_ARN, ALIAS)


@pytest.mark.parametrize(
    "response", [{SSE: "AES256"}, {SSE: "aws:kms"}, {f"{SSE}-customer-algorithm": "AES256"}]
)
def test_an_access_point_without_a_bucket_is_refused_where_s3_encrypted_as_in_a_bucket(response: Any) -> None:
    with pytest.raises(MalformedEventError, match="bucketName"):
        parse_object_call(through(POINT_ARN, response, [LISTED_POINT]))


@pytest.mark.parametrize(
    "listed", [[], [bucket_entry("x"), object_entry("x/y")]], ids=["nothing", "a bucket"]
)
def test_an_access_point_is_fsx_only_by_its_answer_or_its_own_resource(listed: list[Any]) -> None:
    try:
        call = parse_object_call(through(POINT_ARN, None, listed))
    except MalformedEventError:
        return

    assert call.own_model is None


def test_an_access_point_of_several_regions_without_a_bucket_is_refused() -> None:
    point = f"arn:aws:s3::{ACCOUNT}:accesspoint/mfzwi23gnjvgw.mrap"

    with pytest.raises(MalformedEventError, match="bucketName"):
        parse_object_call(through(point, None, [LISTED_POINT]))


def test_an_access_point_of_a_bucket_is_judged_as_the_bucket() -> None:
    listed = [object_entry(f"{BUCKET}/{KEY}"), bucket_entry(BUCKET), LISTED_POINT]

    call = parse_object_call(through(POINT_ARN, {SSE: "AES256"}, listed))

    assert (call.bucket, call.owner, call.own_model) == (BUCKET, ACCOUNT, None)


def test_what_a_writer_asked_for_is_no_sign_of_another_model() -> None:
    call = parse_object_call(an_object_body(requestParameters=asking(**OF_FSX)))

    assert call.own_model is None


@pytest.mark.parametrize("field", ["eventID", "eventName", "eventTime"])
def test_a_record_without_what_every_record_has_is_refused(field: str) -> None:
    with pytest.raises(MalformedEventError, match=field):
        parse_object_call(json.dumps({"detail": an_object_record() | {field: None}}))


def test_a_call_on_a_bucket_is_none_on_an_object() -> None:
    with pytest.raises(MalformedEventError, match=r"requestParameters\.key"):
        parse_object_call(a_body())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=8,
)


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path to every value inside `value`."""
    items = value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else [])
    return [path, *(place for name, child in items for place in places(child, (*path, name)))]


@given(st.sampled_from(places(an_object_record())[1:]), JSON)
def test_no_odd_value_anywhere_in_a_record_breaks_the_parser(
    place: tuple[str | int, ...], value: object
) -> None:
    event = json.loads(an_object_body())
    parent = event["detail"]
    for step in place[:-1]:
        parent = parent[step]
    parent[place[-1]] = value

    try:
        call = parse_object_call(json.dumps(event))
    except MalformedEventError:
        return

    assert call.bucket
    assert call.object_key.encode()


@given(st.text(min_size=1, max_size=300))
def test_a_key_survives_the_way_or_is_refused(key: str) -> None:
    assert parse_object_call(an_object_body(key=key)).object_key == key


def test_call_on_an_object_names_it_as_s3_does_and_not_as_another_kind_of_resource() -> None:
    call = parse_object_call(an_object_body())
    found = ObjectResource(bucket=BUCKET, object_key="as S3 spells it", version_id="v1")

    assert call.at(found).resource == found
    assert call.at(BucketResource(bucket=BUCKET)) is call


@pytest.mark.parametrize("version", ["v" * 1025, "v\n1"], ids=["too long", "a second line"])
def test_what_no_version_can_be_is_malformed(version: str) -> None:
    body = an_object_body(responseElements={"x-amz-version-id": version})

    with pytest.raises(MalformedEventError, match="names no version of an object: 'v"):
        parse_object_call(body)
