"""The built function with only the Lambda runtime client, as Lambda would run it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from localcloud.client.handle import REPOSITORY, LocalCloud
from tests.gates.artefact.runtime_api import Runtime
from tests.support.names import unique

BATCH = (REPOSITORY / "events" / "sqs_batch.json").read_text()
BUCKET = "reseal-example-payroll"
NOWHERE = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}

Start = Callable[[dict[str, str]], Runtime]


@pytest.fixture
def bucket(cloud: LocalCloud, deployed_rule_off: None) -> str:
    name = unique("artefact")
    cloud.client("s3").create_bucket(Bucket=name)
    return name


def batch_about(bucket: str) -> dict[str, Any]:
    batch: dict[str, Any] = json.loads(BATCH.replace(BUCKET, bucket))
    return batch


def results(log: str) -> list[str]:
    """The event results in the function's log lines."""
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return [line["result"] for line in lines if "result" in line]


def test_batch_is_handled_with_the_rights_of_the_role(
    start: Start, deployed_environment: dict[str, str], bucket: str
) -> None:
    with start(deployed_environment) as runtime:
        answer = runtime.invoke(batch_about(bucket))

    assert (answer.error, answer.document) == (False, {"batchItemFailures": []})


def test_each_event_of_a_batch_has_its_log_line(
    start: Start, deployed_environment: dict[str, str], bucket: str
) -> None:
    with start(deployed_environment) as runtime:
        runtime.invoke(batch_about(bucket))

    assert results(runtime.log) == ["Applied", "Applied"]  # the repair is credited to the second event, too


def test_bucket_gets_the_stacks_key(
    start: Start, deployed_environment: dict[str, str], bucket: str, cloud: LocalCloud
) -> None:
    with start(deployed_environment) as runtime:
        runtime.invoke(batch_about(bucket))

    answer = cloud.client("s3").get_bucket_encryption(Bucket=bucket)
    (rule,) = answer["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": deployed_environment["REMEDIATION_KEY_ARN"],
    }


def test_only_the_bad_message_returns_to_the_queue(
    start: Start, deployed_environment: dict[str, str], bucket: str
) -> None:
    batch = batch_about(bucket)
    bad = copy.deepcopy(batch["Records"][0]) | {"messageId": "bad", "body": "no JSON"}
    batch["Records"].insert(0, bad)

    with start(deployed_environment) as runtime:
        answer = runtime.invoke(batch)

    assert answer.document == {"batchItemFailures": [{"itemIdentifier": "bad"}]}


def test_missing_settings_fail_the_invocation_with_all_their_names(
    start: Start, deployed_environment: dict[str, str]
) -> None:
    with start(NOWHERE) as runtime:
        answer = runtime.invoke(batch_about(BUCKET))

    settings = {name for name in deployed_environment if not name.startswith("AWS_")}
    assert (answer.error, answer.document["errorType"]) == (True, "SettingsError")
    assert [name for name in settings if name not in answer.document["errorMessage"]] == []
