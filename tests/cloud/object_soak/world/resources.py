"""What all cases share: keys and buckets of every kind, a table, a topic and a queue."""

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


class Resources:
    """The resources of one account of a running local cloud."""

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

    def admit_this_account(self, *, admitted: bool) -> None:
        """Whether the policy of the partner's revoked key admits this account."""
        self.partner.put_key_policy(
            KeyId=self.keys["revoked"], PolicyName="default", Policy=_shared_with(ACCOUNT if admitted else "")
        )

    def entry(self, entry_id: str) -> dict[str, Any] | None:
        """The ledger's item of this id."""
        answer = self.dynamodb.get_item(TableName=self.table, Key={"id": {"S": entry_id}})
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
    """K as in the template; a team's key; an unlisted key; two keys of a partner, one later revoked."""
    policy = resolved()["Resources"]["RemediationKey"]["Properties"]["KeyPolicy"]
    k = kms.create_key(Policy=json.dumps(policy))["KeyMetadata"]["Arn"]
    own = {name: kms.create_key()["KeyMetadata"]["Arn"] for name in ("team", "unlisted")}
    foreign = {
        name: partner.create_key(Policy=_shared_with(ACCOUNT))["KeyMetadata"]["Arn"]
        for name in ("partner", "revoked")
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
    """Configures one bucket for its kind."""

    resources: Resources
    name: str

    def versioning(self, status: str) -> None:
        self.resources.s3.put_bucket_versioning(Bucket=self.name, VersioningConfiguration={"Status": status})

    def suspended(self) -> None:
        self.versioning("Enabled")
        self.versioning("Suspended")

    def notifications(self) -> None:
        self.resources.s3.put_bucket_notification_configuration(
            Bucket=self.name, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )

    def replication(self) -> None:
        self.versioning("Enabled")
        target = f"{self.name}-replica"
        self.resources.s3.create_bucket(Bucket=target)
        self.resources.s3.put_bucket_versioning(Bucket=target, VersioningConfiguration={"Status": "Enabled"})
        rule: dict[str, Any] = {
            "ID": "all",
            "Priority": 1,
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "DeleteMarkerReplication": {"Status": "Disabled"},
            "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
            "Destination": {
                "Bucket": f"arn:aws:s3:::{target}",
                "EncryptionConfiguration": {"ReplicaKmsKeyID": self.resources.keys["team"]},
            },
        }
        role = f"arn:aws:iam::{ACCOUNT}:role/replication"
        self.resources.s3.put_bucket_replication(
            Bucket=self.name, ReplicationConfiguration={"Role": role, "Rules": [rule]}
        )

    def acls(self) -> None:
        self.resources.s3.put_bucket_ownership_controls(
            Bucket=self.name, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
        )
        self.resources.s3.delete_public_access_block(Bucket=self.name)

    def encryption(self, rule: dict[str, Any]) -> None:
        self.resources.s3.put_bucket_encryption(
            Bucket=self.name, ServerSideEncryptionConfiguration={"Rules": [rule]}
        )

    def public(self) -> None:
        self.resources.s3.delete_public_access_block(Bucket=self.name)
        statement = {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{self.name}/*",
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.resources.s3.put_bucket_policy(Bucket=self.name, Policy=policy)


def _bucket(resources: Resources, kind: str) -> str:
    maker = _Maker(resources, f"reseal-{kind}")
    resources.s3.create_bucket(Bucket=maker.name, ObjectLockEnabledForBucket=kind == "locked")
    sse_s3 = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    under_team = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": resources.keys["team"]}
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
