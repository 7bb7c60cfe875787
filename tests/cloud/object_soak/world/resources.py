"""What all cases share: keys of every standing, buckets of every kind, a table, a topic and a queue."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from localcloud.client.handle import ACCOUNT, LocalCloud
from tests.support.translated import resolved

PARTNER_ACCOUNT = "444455556666"
COPY_LIMIT, PART_SIZE, SMALLEST_PART = 4096, 2048, 256
LARGEST_IN_PARTS = 3 * COPY_LIMIT
SWITCHES = (
    "--copy-object-limit",
    str(COPY_LIMIT),
    "--minimum-part-size",
    str(SMALLEST_PART),
    "--new-buckets-allow-sse-c",
)
VERSIONED = frozenset({"versioned", "replicated", "locked"})
BUCKET_KINDS = (
    "plain",
    "versioned",
    "suspended",
    "notifying",
    "replicated",
    "with-acls",
    "locked",
    "blocking-sse-c",
    "with-a-team-default",
    "public",
)


class Ground:
    """One account of a running local cloud, as an operator and his teams have set it up."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.s3, self.iam, self.dynamodb = (cloud.client(service) for service in ("s3", "iam", "dynamodb"))
        self.partner = cloud.client("kms", cloud.account_root(PARTNER_ACCOUNT))
        self.writer = cloud.client("s3", request_checksum_calculation="when_required")
        self.keys = _keys(cloud.client("kms"), self.partner)
        self.buckets = {kind: _bucket(self, kind) for kind in BUCKET_KINDS}
        self.table = self._table()
        self.topic: str = cloud.client("sns").create_topic(Name="alerts")["TopicArn"]
        self.queue: str = cloud.client("sqs").create_queue(QueueName="objects")["QueueUrl"]

    @cached_property
    def canonical_id(self) -> str:
        return str(self.s3.get_bucket_acl(Bucket=self.buckets["with-acls"])["Owner"]["ID"])

    def admit_us(self, *, admitted: bool) -> None:
        """Whether the fickle key of the partner lets this account in."""
        self.partner.put_key_policy(
            KeyId=self.keys["fickle"], PolicyName="default", Policy=_shared_with(ACCOUNT if admitted else "")
        )

    def entry(self, event_id: str) -> dict[str, Any] | None:
        """The ledger's item of an event."""
        answer = self.dynamodb.get_item(TableName=self.table, Key={"id": {"S": f"object#{event_id}"}})
        return answer.get("Item")

    def _table(self) -> str:
        self.dynamodb.create_table(
            TableName="ledger",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        return "ledger"


def _keys(kms: Any, partner: Any) -> dict[str, str]:
    """K as the template makes it; a team's; one nobody lists; two of a partner, one of which is fickle."""
    policy = resolved()["Resources"]["RemediationKey"]["Properties"]["KeyPolicy"]
    k = kms.create_key(Policy=json.dumps(policy))["KeyMetadata"]["Arn"]
    own = {name: kms.create_key()["KeyMetadata"]["Arn"] for name in ("team", "unlisted")}
    foreign = {
        name: partner.create_key(Policy=_shared_with(ACCOUNT))["KeyMetadata"]["Arn"]
        for name in ("partner", "fickle")
    }
    return {"K": k, **own, **foreign}


def _shared_with(account: str) -> str:
    statements = [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{admitted}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
        for admitted in (PARTNER_ACCOUNT, account)
        if admitted
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes one bucket what its kind says."""

    ground: Ground
    name: str

    def versioning(self, status: str) -> None:
        self.ground.s3.put_bucket_versioning(Bucket=self.name, VersioningConfiguration={"Status": status})

    def suspended(self) -> None:
        self.versioning("Enabled")
        self.versioning("Suspended")

    def notifications(self) -> None:
        self.ground.s3.put_bucket_notification_configuration(
            Bucket=self.name, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )

    def replication(self) -> None:
        self.versioning("Enabled")
        target = f"{self.name}-replica"
        self.ground.s3.create_bucket(Bucket=target)
        self.ground.s3.put_bucket_versioning(Bucket=target, VersioningConfiguration={"Status": "Enabled"})
        rule: dict[str, Any] = {
            "ID": "all",
            "Priority": 1,
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "DeleteMarkerReplication": {"Status": "Disabled"},
            "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
            "Destination": {
                "Bucket": f"arn:aws:s3:::{target}",
                "EncryptionConfiguration": {"ReplicaKmsKeyID": self.ground.keys["team"]},
            },
        }
        role = f"arn:aws:iam::{ACCOUNT}:role/replication"
        self.ground.s3.put_bucket_replication(
            Bucket=self.name, ReplicationConfiguration={"Role": role, "Rules": [rule]}
        )

    def acls(self) -> None:
        self.ground.s3.put_bucket_ownership_controls(
            Bucket=self.name, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
        )
        self.ground.s3.delete_public_access_block(Bucket=self.name)

    def encryption(self, rule: dict[str, Any]) -> None:
        self.ground.s3.put_bucket_encryption(
            Bucket=self.name, ServerSideEncryptionConfiguration={"Rules": [rule]}
        )

    def public(self) -> None:
        self.ground.s3.delete_public_access_block(Bucket=self.name)
        statement = {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{self.name}/*",
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.ground.s3.put_bucket_policy(Bucket=self.name, Policy=policy)


def _bucket(ground: Ground, kind: str) -> str:
    maker = _Maker(ground, f"reseal-{kind}")
    ground.s3.create_bucket(Bucket=maker.name, ObjectLockEnabledForBucket=kind == "locked")
    sse_s3 = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    under_team = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": ground.keys["team"]}
    steps: dict[str, Callable[[], None]] = {
        "versioned": lambda: maker.versioning("Enabled"),
        "suspended": maker.suspended,
        "notifying": maker.notifications,
        "replicated": maker.replication,
        "with-acls": maker.acls,
        "blocking-sse-c": lambda: maker.encryption(
            {**sse_s3, "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}}
        ),
        "with-a-team-default": lambda: maker.encryption(
            {"ApplyServerSideEncryptionByDefault": under_team, "BucketKeyEnabled": True}
        ),
        "public": maker.public,
    }
    if kind in steps:
        steps[kind]()
    return maker.name
