"""The world of the scenes: a local cloud with Reseal deployed, users who make calls, an auditor who reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from localcloud.client import build, deploy
from localcloud.client.arrivals import KEY_LOGS, LOG_GROUPS, Arrivals
from localcloud.client.handle import ACCOUNT, REPOSITORY, LocalCloud
from localcloud.client.key_material import imported_key

CLOUD_PYTHON = REPOSITORY / ".venv" / "cloud" / "bin" / "python"
STACK = "reseal"
SETTLE_SECONDS = 1  # the template's default is 30; a demo should be quick
WINDOW_SECONDS = 5  # the template's default is 900
OTHER_ACCOUNT = "222222222222"

PARAMETERS: dict[str, object] = {
    "Mode": "enforce",
    "TlsMode": "enforce",
    "SettleSeconds": SETTLE_SECONDS,
    "AlertWindowSeconds": WINDOW_SECONDS,
    "CreateManagementTrail": "true",  # so that the trail check is true here, too
    "ObjectBuckets": "*",
    "ObjectConcurrency": 2,  # each concurrent batch starts a function process
}


def _allow(*actions: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


_RIGHTS = {
    "maria": _allow("s3:*"),
    "data-team": _allow("s3:*", "kms:GenerateDataKey"),
    "eve": _allow("s3:*", "kms:DeleteImportedKeyMaterial", "kms:GenerateDataKey"),
    "key-admin": _allow("kms:DisableKeyRotation", "kms:ScheduleKeyDeletion"),
    "mallory": _allow("s3:*", "kms:GenerateDataKey"),
    "nightly-export": _allow("s3:PutObject"),
    "intern": _allow("s3:ListBucket"),
}
_READS = (
    "kms:DescribeKey",
    "kms:GetKeyRotationStatus",
    "kms:Decrypt",
    "s3:GetEncryptionConfiguration",
    "s3:GetObject",
    "s3:GetObjectLegalHold",
    "s3:GetObjectTagging",
    "s3:ListBucketVersions",
)

Step = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class World:
    """Everything the scenes need. Three keys belong to another account: this account cannot use the foreign
    key, it can use the partner's key, and only mallory can use mallory's key. `people` and `auditor` are
    clients of S3, those that begin with `key_` clients of KMS.
    """

    cloud: LocalCloud
    stack: deploy.Stack
    people: dict[str, Any]
    key_people: dict[str, Any]
    auditor: Any
    key_auditor: Any
    auditor_over_http: Any
    arrivals: Arrivals
    key: str
    team_key: str
    foreign_key: str
    partner_key: str
    mallory_key: str
    imported_key: str


@contextmanager
def world(step: Step) -> Iterator[World]:
    """Build if something changed, start and deploy; at the end stop the cloud and remove its files."""
    if build.is_built():
        with step("nothing to build: nothing changed since the last build"):
            pass
    else:
        with step("building the template with the SAM CLI"):
            build.build()
    with step("starting the local cloud"):
        cloud = LocalCloud.start(CLOUD_PYTHON)
    with cloud:
        with step("deploying the unchanged template with the SAM CLI"):
            stack = deploy.deploy(cloud, STACK, **PARAMETERS)
        with step("creating users, the data team's key and keys of another account"):
            populated = _populate(cloud, stack)
        yield populated


def _populate(cloud: LocalCloud, stack: deploy.Stack) -> World:
    users = {name: cloud.create_user(name, may) for name, may in _RIGHTS.items()}
    auditor = cloud.create_user("auditor", _allow(*_READS))
    other_account = cloud.client("kms", cloud.account_root(OTHER_ACCOUNT))
    return World(
        cloud=cloud,
        stack=stack,
        people={name: cloud.client("s3", user) for name, user in users.items()},
        key_people={name: cloud.client("kms", user) for name, user in users.items()},
        auditor=cloud.client("s3", auditor),
        key_auditor=cloud.client("kms", auditor),
        auditor_over_http=cloud.over_plain_http("s3", auditor),
        arrivals=Arrivals(cloud, stack, (*LOG_GROUPS, KEY_LOGS)),
        key=stack.outputs["RemediationKeyArn"],
        team_key=_create_key(cloud.client("kms")),
        foreign_key=_create_key(other_account),
        partner_key=_create_key(other_account, "root"),
        mallory_key=_create_key(other_account, "user/mallory"),
        imported_key=imported_key(cloud.client("kms")),
    )


def _create_key(kms: Any, admitted: str | None = None) -> str:
    """A key; its policy also admits this principal of this account, if one is given."""
    key = str(kms.create_key()["KeyMetadata"]["Arn"])
    if admitted:
        statements = [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{account}:{who}"},
                "Action": "kms:*",
                "Resource": "*",
            }
            for account, who in ((OTHER_ACCOUNT, "root"), (ACCOUNT, admitted))
        ]
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=document)
    return key
