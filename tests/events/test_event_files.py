"""Every file of `events/`, through the deployed rule's own pattern and through the parser."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest

from reseal.core.api_call import BucketCall, StatedEncryption, parse_bucket_call
from reseal.core.errors import MalformedEventError
from tests.events.rule import EVENTS, ROUTES, Matches, event_files, load, routes

KEY = "arn:aws:kms:us-east-1:111122223333:key/0d9a4c1e-8f27-4b63-a5c0-71e2d3f4b5a6"
LEFT_OUT = {"put_bucket_encryption_without_parameters.json", "put_bucket_policy_over_100_kb.json"}


def parsed(file: str) -> BucketCall:
    return parse_bucket_call(json.dumps(load(file)))


def test_table_names_every_file_and_no_other() -> None:
    assert set(routes()) == {path.name for path in EVENTS.glob("*.json")}


def test_table_knows_three_routes() -> None:
    assert set(routes().values()) == ROUTES


@pytest.mark.parametrize("file", event_files())
def test_rule_sends_the_event_where_the_table_says(file: str, matches: Matches) -> None:
    route = "function" if matches(load(file)) else "dropped"

    assert route == routes()[file]


@pytest.mark.parametrize(
    "file", [f for f in event_files() if routes()[f] == "function" and f not in LEFT_OUT]
)
def test_event_for_the_function_is_read(file: str) -> None:
    detail = load(file)["detail"]

    call = parsed(file)

    assert (call.name, call.bucket) == (detail["eventName"], detail["requestParameters"]["bucketName"])


@pytest.mark.parametrize("file", sorted(LEFT_OUT))
def test_event_whose_contents_were_left_out_names_its_bucket_by_arn(file: str) -> None:
    (resource,) = load(file)["detail"]["resources"]

    assert resource["ARN"] == f"arn:aws:s3:::{parsed(file).bucket}"


@pytest.mark.parametrize("file", [f for f in event_files() if routes()[f] == "dropped"])
def test_event_the_rule_drops_is_read_or_refused(file: str) -> None:
    with suppress(MalformedEventError):
        assert isinstance(parsed(file), BucketCall)


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
    expected = StatedEncryption(algorithm=stated[0], unblocks_sse_c=stated[2]) if stated else None

    assert parsed(f"{file}.json").stated == expected


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
def test_owner_is_the_buckets_not_the_callers(file: str, owner: str | None) -> None:
    assert parsed(f"{file}.json").owner == owner


def test_batch_holds_events_of_these_files() -> None:
    bodies: list[Any] = [json.loads(record["body"]) for record in load("sqs_batch.json")["Records"]]

    assert bodies == [load("create_bucket_by_iam_user.json"), load("put_bucket_encryption_sse_s3.json")]
