"""Every command of the runbook, run on a deployed stack as its reader would run it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client.handle import REPOSITORY
from tests.support.aws_cli import commands_in, run
from tests.support.deployment import Deployment, deployed

PAGE = (REPOSITORY / "docs" / "runbook.md").read_text()
COMMANDS = list(dict.fromkeys(command for command in commands_in(PAGE) if "--" in command))
"""Those that are only mentioned have no options."""

NOT_HERE = {
    "sqs start-message-move-task": "MiniStack does not have it; `make redrive` is tested instead",
    "kms connect-custom-key-store": "the local cloud has no custom key stores",
}
"""What the local cloud cannot answer, and why."""

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


@dataclass(frozen=True)
class Desk:
    """A stack in which something happened, and what the reader of a finding puts in the commands."""

    stack: Deployment
    names: dict[str, str]
    folder: Path

    def run(self, command: str) -> Any:
        for name, value in sorted(self.names.items(), key=lambda item: -len(item[0])):
            command = command.replace(name, value)
        return run(command, self.stack.cloud.client, self.stack.stack.outputs, self.folder)


@pytest.fixture(scope="module")
def desk(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    assert built.is_dir()
    with deployed(CreateManagementTrail="true", ObjectBuckets="*") as stack:
        folder = tmp_path_factory.mktemp("desk")
        yield Desk(stack, _names(stack, folder), folder)


def _names(stack: Deployment, folder: Path) -> dict[str, str]:
    cloud, outputs = stack.cloud, stack.stack.outputs
    bucket = stack.bucket()
    _, (finding,) = stack.after(lambda: stack.put(bucket, "AES256"), bucket, "PutBucketEncryption")
    stack.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = stack.s3.put_object(Bucket=bucket, Key="january.csv", Body=b"paid")["VersionId"]
    rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 1}}
    stack.s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    denial = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:DeleteBucket",
        "Resource": f"arn:aws:s3:::{bucket}",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [denial]})
    stack.s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    (folder / "before.json").write_text(policy)
    iam, queues = cloud.client("iam"), cloud.client("sqs")
    iam.create_user(UserName="intruder")
    iam.create_role(RoleName="Intruder", AssumeRolePolicyDocument=json.dumps(TRUST))
    dead = queues.get_queue_attributes(
        QueueUrl=outputs["BucketDeadLetterQueueUrl"], AttributeNames=["QueueArn"]
    )
    mappings = cloud.client("lambda").list_event_source_mappings(FunctionName=outputs["BucketFunction"])
    cloud.client("dynamodb").create_table(
        TableName="old-ledger",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        DeletionProtectionEnabled=True,
    )
    key, now = stack.create_key(), datetime.now(UTC)
    return {
        "ACCESS_KEY": iam.create_access_key(UserName="intruder")["AccessKey"]["AccessKeyId"],
        "ACCOUNT": "111122223333",
        "BUCKET": bucket,
        "KEY_ARN": key,
        "KEY_ID": key.rpartition("/")[2],
        "LEDGER_ENTRY": finding["ledger_entry"],
        "RESPONDER": "Responder",
        "ROLE": "Intruder",
        "TABLE": "old-ledger",
        "TRAIL_ARN": cloud.client("cloudtrail").describe_trails()["trailList"][0]["TrailARN"],
        "USER": "intruder",
        "VERSION": version,
        "WHO": "arn:aws:iam::111122223333:user/engineer",
        "alias/NAME": "alias/team",
        "--key KEY": "--key january.csv",
        "/KEY?": "/january.csv?",
        "START": f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
        "END": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "NOW": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        '"$dead"': dead["Attributes"]["QueueArn"],
        '"$function"': outputs["BucketFunction"],
        '"$uuid"': mappings["EventSourceMappings"][0]["UUID"],
        "$1": "TopicArn",
    }


def doomed(desk: Desk) -> None:
    with suppress(ClientError):
        desk.stack.cloud.client("kms").schedule_key_deletion(KeyId=desk.names["KEY_ID"])


def in_use(desk: Desk) -> None:
    with suppress(ClientError):
        desk.stack.cloud.client("kms").cancel_key_deletion(KeyId=desk.names["KEY_ID"])
    desk.stack.cloud.client("kms").enable_key(KeyId=desk.names["KEY_ID"])


def without_alias(desk: Desk) -> None:
    with suppress(ClientError):
        desk.stack.cloud.client("kms").delete_alias(AliasName="alias/team")


def with_alias(desk: Desk) -> None:
    in_use(desk)
    without_alias(desk)
    desk.stack.cloud.client("kms").create_alias(AliasName="alias/team", TargetKeyId=desk.names["KEY_ID"])


def undelivered(desk: Desk) -> None:
    queues, queue = desk.stack.cloud.client("sqs"), desk.stack.stack.outputs["UndeliveredQueueUrl"]
    queues.send_message(QueueUrl=queue, MessageBody="{}")
    (message,) = queues.receive_message(QueueUrl=queue)["Messages"]
    desk.names["RECEIPT_HANDLE"] = message["ReceiptHandle"]


def without_policy(desk: Desk) -> None:
    desk.stack.cloud.client("s3").delete_bucket_policy(Bucket=desk.names["BUCKET"])


BEFORE: dict[str, Callable[[Desk], None]] = {
    "kms cancel-key-deletion": doomed,
    "kms create-alias": without_alias,
    "kms enable-key": in_use,
    "kms enable-key-rotation": in_use,
    "kms put-key-policy": in_use,
    "kms update-alias": with_alias,
    "s3api copy-object": without_policy,
    "sqs delete-message": undelivered,
}
"""What must have happened for a command to make sense."""


def test_runbook_has_commands() -> None:
    assert len(COMMANDS) > 30
    assert {name for name in NOT_HERE if any(c.startswith(name) for c in COMMANDS)} == set(NOT_HERE)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[:70])
def test_command_of_the_runbook_runs(desk: Desk, command: str) -> None:
    operation = " ".join(command.split()[:2])
    BEFORE.get(operation, lambda _: None)(desk)

    if operation in NOT_HERE:
        with pytest.raises(ClientError):
            desk.run(command)
        return
    desk.run(command)
