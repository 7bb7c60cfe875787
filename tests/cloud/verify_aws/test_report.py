"""Each fact comes out as the local cloud's switches say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from localcloud.settings import SWITCHES
from operations.verify_aws.facts import EXPECTATIONS
from operations.verify_aws.stack import SCENES
from operations.verify_aws.trail.calls import CALLS
from reseal.core.calls.bucket_call import parse_bucket_call
from reseal.core.calls.object_call import parse_object_call
from tests.cloud.verify_aws.sandbox import USER, Sandbox

UNLIKE_AWS = {
    "long-pattern": "accepted",  # MiniStack has no limit; tests/template holds the patterns to it
    "record-without-tls": "tlsDetails",  # the local cloud speaks HTTP only, and records it as TLS
    "trail-on-a-bucket-key": "accepted",  # MiniStack does not ask the bucket's key
}
"""What the local cloud does otherwise than is expected of AWS, without any switch."""

BY_SWITCH = {
    "--new-buckets-allow-sse-c": {"block-of-a-new-bucket": "no block", "delete-and-the-block": "no block"},
    "--put-drops-sse-c-block": {"put-without-the-block": "no block"},
    "--complete-upload-record-shows-encryption": {"record-of-a-completion": "encryption, key"},
    "--records-show-bucket-key": {"bucket-key-in-a-record": "Bucket Key"},
    "--records-url-encode-keys": {"spelling-of-keys": "percent-encoded"},
    "--update-encryption-record-is-bare": {"record-of-an-update": "no encryption, no ObjectEncryption"},
    "--get-bucket-policy-normalises": {"text-of-a-policy": "another document"},
}
"""What each switch changes in the report."""

OBJECT_CALLS = ("put_object", "copy_object", "complete_multipart_upload", "post_object", "update_object")
BUCKET_CALLS = ("create_bucket", "put_bucket_encryption_sse", "delete_bucket_encryption", "put_bucket_policy")


def otherwise_in(account: Sandbox) -> dict[str, str]:
    """What was seen, where it is not what was expected; why not, where it was not seen."""
    return {
        name: row["seen"] if row["seen"] is not None else row["problem"]
        for name, row in account.rows().items()
        if row["verdict"] != "as expected"
    }


def test_without_switches_every_fact_is_as_expected(as_expected: Sandbox) -> None:
    assert otherwise_in(as_expected) == UNLIKE_AWS
    assert as_expected.rows().keys() == {asks.name for asks in EXPECTATIONS}


def test_each_switch_shows_in_the_facts_that_it_is_about(otherwise: Sandbox) -> None:
    changed = {name: seen for switch in BY_SWITCH.values() for name, seen in switch.items()}

    assert otherwise_in(otherwise) == UNLIKE_AWS | changed


def test_every_switch_about_an_unconfirmed_fact_is_measured() -> None:
    assert {switch for switch, meaning in SWITCHES.items() if "UNCONFIRMED" in meaning} <= BY_SWITCH.keys()


def test_reseal_deployed_in_detect_mode_finds_what_the_scenes_do(otherwise: Sandbox) -> None:
    rows = otherwise.rows()

    assert {scene.asks.name: rows[scene.asks.name]["seen"] for scene in SCENES} == dict.fromkeys(
        (scene.asks.name for scene in SCENES), "DETECTED"
    )


@pytest.mark.parametrize("name", ["as_expected", "otherwise"])
def test_exit_status_and_text_say_that_something_is_otherwise(
    name: str, request: pytest.FixtureRequest
) -> None:
    account: Sandbox = request.getfixturevalue(name)

    assert account.ended[-1].returncode == 1
    assert "OTHERWISE: " in account.ended[-1].stdout


@pytest.mark.parametrize("name", ["as_expected", "otherwise"])
def test_nothing_is_left(name: str, request: pytest.FixtureRequest) -> None:
    account: Sandbox = request.getfixturevalue(name)

    assert account.left() == []


def test_run_that_is_to_be_resumed_leaves_its_resources_and_says_so(as_expected: Sandbox) -> None:
    first, second = as_expected.ended

    assert first.returncode == 2
    assert "ARGS=--resume" in first.stdout
    assert "measuring" not in second.stdout


def files(account: Sandbox) -> list[Path]:
    return sorted((account.result() / "events").iterdir())


def test_record_of_every_call_is_stored(as_expected: Sandbox) -> None:
    stored = {file.stem for file in files(as_expected)}

    assert stored - {"delete_objects_2", "delete_objects_3"} == CALLS.keys()


def test_stored_records_name_nothing_of_the_account(as_expected: Sandbox) -> None:
    user = as_expected.environment["AWS_ACCESS_KEY_ID"]

    for file in [*files(as_expected), *(as_expected.result() / f"report.{kind}" for kind in ("json", "txt"))]:
        text = file.read_text()
        assert [name for name in (USER, user, as_expected.result().name, "127.0.0.1") if name in text] == []


@pytest.mark.parametrize("kind", OBJECT_CALLS)
def test_stored_records_of_objects_are_events_for_the_parser(as_expected: Sandbox, kind: str) -> None:
    chosen = [file for file in files(as_expected) if file.stem.startswith(kind)]

    assert chosen
    for file in chosen:
        assert parse_object_call(file.read_text()).bucket.startswith("reseal-example-")


@pytest.mark.parametrize("kind", BUCKET_CALLS)
def test_stored_records_of_buckets_are_events_for_the_parser(as_expected: Sandbox, kind: str) -> None:
    chosen = [file for file in files(as_expected) if file.stem.startswith(kind)]

    assert chosen
    for file in chosen:
        assert parse_bucket_call(file.read_text()).bucket.startswith("reseal-example-")


def test_run_makes_what_the_plan_says(as_expected: Sandbox) -> None:
    calls = [entry["operation"] for entry in as_expected.cloud.journal()]
    objects = (
        "PutObject",
        "CopyObject",
        "DeleteObject",
        "UploadPart",
        "CompleteMultipartUpload",
        "PostObject",
    )

    assert "six keys" in as_expected.ended[0].stdout
    assert calls.count("CreateKey") == 6
    assert "about 60 buckets" in as_expected.ended[0].stdout
    assert 50 <= calls.count("CreateBucket") <= 70
    assert "fewer than 300" in as_expected.ended[0].stdout
    assert sum(calls.count(name) for name in objects) < 300
    assert len(calls) < 2000


def test_report_is_json_that_the_documents_can_read(as_expected: Sandbox) -> None:
    report = json.loads((as_expected.result() / "report.json").read_text())

    assert (report["version"], report["region"], len(report["day"])) == (1, "us-east-1", len("2026-11-27"))
