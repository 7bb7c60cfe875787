"""Every file of `events/`, checked with the deployed rules' patterns and with the parsers."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest

from reseal.core.calls.bucket_call import BucketCall, parse_bucket_call
from reseal.core.calls.keys.key_call import BY_KMS, parse_key_call
from reseal.core.calls.object_call import ObjectCall, parse_object_call
from reseal.core.errors import MalformedEventError
from tests.cloud.events.rule import EVENTS, ROUTES, Matches, event_files, load, routes

KEY = "arn:aws:kms:us-east-1:111122223333:key/0d9a4c1e-8f27-4b63-a5c0-71e2d3f4b5a6"
LEFT_OUT = {"put_bucket_encryption_without_parameters.json", "put_bucket_policy_over_100_kb.json"}


def parsed(file: str) -> BucketCall:
    return parse_bucket_call(json.dumps(load(file)))


def written(file: str) -> ObjectCall:
    return parse_object_call(json.dumps(load(file)))


def test_table_names_every_file_and_no_other() -> None:
    assert set(routes()) == {path.name for path in EVENTS.glob("*.json")}


def test_table_has_every_route() -> None:
    assert set(routes().values()) == ROUTES


@pytest.mark.parametrize("file", event_files())
def test_rules_route_the_event_as_the_table_says(
    file: str, matches: Matches, object_matches: Matches, key_matches: Matches
) -> None:
    event = load(file)

    rules = (("bucket", matches), ("object", object_matches), ("key", key_matches))
    lanes = [lane for lane, passes in rules if passes(event)]

    assert (lanes or ["dropped"]) == [routes()[file]]


@pytest.mark.parametrize("file", [f for f in event_files("bucket") if f not in LEFT_OUT])
def test_bucket_parser_reads_bucket_events(file: str) -> None:
    detail = load(file)["detail"]

    call = parsed(file)

    assert (call.name, call.bucket) == (detail["eventName"], detail["requestParameters"]["bucketName"])


@pytest.mark.parametrize("file", sorted(LEFT_OUT))
def test_event_with_omitted_contents_names_its_bucket_by_arn(file: str) -> None:
    (resource,) = load(file)["detail"]["resources"]

    assert resource["ARN"] == f"arn:aws:s3:::{parsed(file).bucket}"


@pytest.mark.parametrize("file", event_files("object"))
def test_object_parser_reads_object_events(file: str) -> None:
    detail = load(file)["detail"]
    request = detail["requestParameters"]

    call = written(file)

    assert (call.name, call.bucket, call.object_key) == (
        detail["eventName"],
        request["bucketName"],
        request["key"],
    )


@pytest.mark.parametrize("file", event_files("key"))
def test_key_parser_reads_key_events(file: str) -> None:
    event = load(file)

    call = parse_key_call(json.dumps(event))

    assert call.name == event["detail"].get("eventName", BY_KMS.get(event["detail-type"]))
    assert call.kms_key.startswith("arn:aws:kms:us-east-1:111122223333:key/")
    assert call.kms_key.replace("mrk-", "").replace("-", "").endswith("0d9a4c1e8f274b63a5c071e2d3f4b5a6")


@pytest.mark.parametrize("file", event_files())
def test_parsers_read_or_refuse_every_event(file: str) -> None:
    with suppress(MalformedEventError):
        assert isinstance(parsed(file), BucketCall)
    with suppress(MalformedEventError):
        assert isinstance(written(file), ObjectCall)


@pytest.mark.parametrize(
    ("spelled", "key", "unquoted"),
    [
        ("space", "2026/11/salaries of november.csv", None),
        ("plus", "2026/11/salaries+bonus.csv", "2026/11/salaries bonus.csv"),
        ("percent", "2026%2F11%2Fsalaries%20of%20november.csv", "2026/11/salaries of november.csv"),
    ],
)
def test_object_key_is_read_both_verbatim_and_unquoted(spelled: str, key: str, unquoted: str) -> None:
    call = written(f"put_object_key_with_{spelled}.json")

    assert (call.object_key, call.unquoted_key) == (key, unquoted)


def test_non_ascii_object_key_is_read_verbatim() -> None:
    call = written("put_object_key_unicode.json")

    assert (call.object_key, call.unquoted_key) == ("2026/11/Gehälter 給与.csv", None)


@pytest.mark.parametrize(
    ("file", "owner"),
    [
        ("copy_object_from_another_account", "111122223333"),
        ("copy_object_to_another_account", "444455556666"),
        ("put_object_by_another_account", "111122223333"),
    ],
)
def test_object_owner_is_the_owner_of_the_written_bucket(file: str, owner: str) -> None:
    assert written(f"{file}.json").owner == owner


@pytest.mark.parametrize(
    ("file", "tool"),
    [
        ("create_bucket_by_iam_user", "AWS CLI"),
        ("put_bucket_encryption_by_console", "console"),
        ("put_bucket_encryption_by_terraform", "Terraform"),
        ("put_bucket_encryption_by_cloudformation", "CloudFormation"),
        ("put_bucket_encryption_by_cdk", "CDK"),
        ("put_bucket_encryption_by_reseal", "SDK"),
        ("put_bucket_encryption_by_aws_service", "controltower.amazonaws.com"),
    ],
)
def test_tool_is_recognised(file: str, tool: str) -> None:
    assert parsed(f"{file}.json").actor.tool == tool


@pytest.mark.parametrize(
    ("file", "stated"),
    [
        ("put_bucket_encryption_sse_s3", ("AES256", None, False)),
        ("put_bucket_encryption_sse_kms_key_arn", ("aws:kms", KEY, False)),
        ("put_bucket_encryption_sse_kms_alias", ("aws:kms", "alias/payroll", False)),
        ("put_bucket_encryption_unblocks_sse_c", ("aws:kms", KEY, True)),
        ("put_bucket_encryption_rule_as_list", ("AES256", None, False)),
        ("put_bucket_encryption_without_configuration", None),
        ("delete_bucket_encryption_by_iam_user", None),
        ("create_bucket_by_iam_user", None),
    ],
)
def test_stated_encryption_is_read(file: str, stated: tuple[str, str | None, bool] | None) -> None:
    found = parsed(f"{file}.json").stated

    assert (found and (found.algorithm, found.key_id, found.unblocks_sse_c)) == stated


@pytest.mark.parametrize(
    ("file", "who"),
    [
        ("create_bucket_by_assumed_role", "arn:aws:iam::111122223333:role/platform/PlatformEngineer"),
        ("put_bucket_encryption_by_another_account", "arn:aws:iam::444455556666:role/Partner"),
        ("put_bucket_encryption_by_aws_service", "controltower.amazonaws.com"),
        ("put_bucket_encryption_without_identity", "unknown"),
        ("delete_bucket_encryption_by_root", "arn:aws:iam::111122223333:root"),
    ],
)
def test_actor_is_named(file: str, who: str) -> None:
    assert parsed(f"{file}.json").actor.who == who


@pytest.mark.parametrize(
    ("file", "owner"),
    [
        ("create_bucket_by_iam_user", None),
        ("put_bucket_encryption_by_another_account", "111122223333"),
        ("put_bucket_encryption_on_another_accounts_bucket", "444455556666"),
    ],
)
def test_bucket_owner_is_not_the_caller(file: str, owner: str | None) -> None:
    assert parsed(f"{file}.json").owner == owner


@pytest.mark.parametrize(
    ("batch", "files"),
    [
        ("sqs_batch.json", ["create_bucket_by_iam_user.json", "put_bucket_encryption_sse_s3.json"]),
        ("sqs_object_batch.json", ["put_object_default_sse_s3.json", "put_object_sse_c.json"]),
    ],
)
def test_batch_contains_the_events_of_these_files(batch: str, files: list[str]) -> None:
    bodies: list[Any] = [json.loads(record["body"]) for record in load(batch)["Records"]]

    assert bodies == [load(file) for file in files]
