"""The AWS resources of every measurement: one bucket, key, topic and two tables, in moto."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
REGION = "us-east-1"
ACCOUNT = "123456789012"
"""moto's default account."""

BUCKET = "reseal-bench"
KEY_ALIAS = "alias/reseal-bench"
TABLE, SNAPSHOT_TABLE = "ledger", "snapshot"
BUCKET_QUEUE_URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/buckets"

VIOLATING, COMPLIANT = "violating", "compliant"

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}

_EVENT = REPOSITORY / "events" / "put_bucket_encryption_sse_s3.json"
_BUCKET_OF_EVENT, _ACCOUNT_OF_EVENT = "reseal-example-payroll", "111122223333"
_MODE_OF_CHECK = {
    "S3.BucketDefaultEncryption": "enforce",
    "S3.BucketSseCBlock": "off",
    "S3.ObjectEncryption": "enforce",
}
"""Every other check only detects. The SSE-C block is off, because moto does not store it."""

Client = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class World:
    """The ARNs that a product needs."""

    key_arn: str
    topic_arn: str

    @property
    def account(self) -> str:
        """The account of all resources."""
        return self.key_arn.split(":")[4]


def make_world(client: Client) -> World:
    """Make the bucket, the key and its alias, the tables, the topic and the queue."""
    client("sqs").create_queue(QueueName=BUCKET_QUEUE_URL.rpartition("/")[2])
    client("s3").create_bucket(Bucket=BUCKET)
    key = client("kms").create_key(KeyUsage="ENCRYPT_DECRYPT", KeySpec="SYMMETRIC_DEFAULT")["KeyMetadata"]
    client("kms").create_alias(AliasName=KEY_ALIAS, TargetKeyId=key["KeyId"])
    for table in (TABLE, SNAPSHOT_TABLE):
        client("dynamodb").create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
    return World(key_arn=key["Arn"], topic_arn=client("sns").create_topic(Name="findings")["TopicArn"])


def configuration(world: World, state: str) -> dict[str, Any]:
    """The encryption configuration of a bucket in this state."""
    if state == VIOLATING:
        return {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": world.key_arn}
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]}


def put_state(s3: Any, world: World, state: str, bucket: str = BUCKET) -> None:
    """Configure the bucket explicitly: for a new one moto answers like S3 before 2023."""
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=configuration(world, state))


def is_compliant(s3: Any, world: World, bucket: str = BUCKET) -> bool:
    """Whether the bucket has the compliant configuration."""
    answer = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    return bool(answer == configuration(world, COMPLIANT))


def an_event(world: World, state: str, bucket: str = BUCKET) -> dict[str, Any]:
    """A new event of a PutBucketEncryption to this state, as EventBridge delivers it, with its own id."""
    text = _EVENT.read_text().replace(_BUCKET_OF_EVENT, bucket).replace(_ACCOUNT_OF_EVENT, ACCOUNT)
    event: dict[str, Any] = json.loads(text)
    (rule,) = configuration(world, state)["Rules"]
    event["detail"]["requestParameters"]["ServerSideEncryptionConfiguration"]["Rule"] = rule
    event["detail"]["eventID"] = str(uuid.uuid4())
    event["detail"]["eventTime"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return event


def reseal_settings(world: World, checkout: Path = REPOSITORY) -> Mapping[str, str]:
    """The variables of the function that a checkout deploys; with the checks of its template."""
    text = (checkout / "template.yaml").read_text()
    checks = dict.fromkeys(re.findall(r"(S3\.\w+)=\$\{", text))
    return {
        "ACCOUNT_ID": world.account,
        "MODE": "enforce",
        "CHECK_MODES": ",".join(f"{check}={_MODE_OF_CHECK.get(check, 'detect')}" for check in checks),
        "REQUIRED_ENCRYPTION": "SSE-KMS",
        "REMEDIATION_KEY_ARN": world.key_arn,
        **({"STACK_KEY_ARN": world.key_arn} if "STACK_KEY_ARN" in text else {}),  # before decision 9's change
        "EXEMPT_CONTROL_TOWER": "false",
        "CALLERS_MAY_USE_KEY": "true",
        "APPROVED_KEYS": "account",
        "REPLACE_UNAPPROVED_KEYS": "false",
        "TOPIC_ARN": world.topic_arn,
        "LEDGER_TABLE": TABLE,
        "SNAPSHOT_TABLE": SNAPSHOT_TABLE,
        "LEDGER_DAYS": "400",
        "ALERT_WINDOW_SECONDS": "900",
        "QUEUE_URL": BUCKET_QUEUE_URL,
        "RUNBOOK_URL": "docs/runbook.md",
    }
