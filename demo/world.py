"""The stage: a local cloud with Reseal deployed, the people who act, and one who only looks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from localcloud.client import deploy
from localcloud.client.arrivals import Arrivals
from localcloud.client.handle import ACCOUNT, REPOSITORY, LocalCloud

CLOUD_PYTHON = REPOSITORY / ".venv" / "cloud" / "bin" / "python"
STACK = "reseal"
SETTLE_SECONDS = 1  # the template's default is 30; a demo should not keep people waiting
WINDOW_SECONDS = 5  # the template's default is 900
OTHER_ACCOUNT = "222222222222"

PARAMETERS: dict[str, object] = {
    "SettleSeconds": SETTLE_SECONDS,
    "AlertWindowSeconds": WINDOW_SECONDS,
    "ObjectBuckets": "*",
    "ObjectConcurrency": 2,  # each batch at once with another is a process to be started
}


def _allow(*actions: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


_RIGHTS = {
    "maria": _allow("s3:*"),
    "data-team": _allow("s3:*", "kms:GenerateDataKey"),
    "mallory": _allow("s3:*", "kms:GenerateDataKey"),
    "nightly-export": _allow("s3:PutObject"),
    "intern": _allow("s3:ListBucket"),
}
_READS = (
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
    """Everything the scenes need. Of the three keys of another account the partner's admits this account,
    and the shut one admits mallory alone.
    """

    cloud: LocalCloud
    stack: deploy.Stack
    people: dict[str, Any]
    auditor: Any
    arrivals: Arrivals
    key: str
    team_key: str
    foreign_key: str
    partner_key: str
    shut_key: str


@contextmanager
def world(step: Step) -> Iterator[World]:
    """Build, start, deploy, and take everything down again however it ends."""
    with step("building the template with the SAM CLI"):
        deploy.build()
    with step("starting the local cloud"):
        cloud = LocalCloud.start(CLOUD_PYTHON)
    with cloud:
        with step("deploying the unchanged template with the SAM CLI"):
            stack = deploy.deploy(cloud, STACK, **PARAMETERS)
        with step("creating people, a team's key and another account's key"):
            populated = _populate(cloud, stack)
        yield populated


def _populate(cloud: LocalCloud, stack: deploy.Stack) -> World:
    people = {name: cloud.client("s3", cloud.create_user(name, may)) for name, may in _RIGHTS.items()}
    auditor = cloud.client("s3", cloud.create_user("auditor", _allow(*_READS)))
    abroad = cloud.client("kms", cloud.account_root(OTHER_ACCOUNT))
    return World(
        cloud=cloud,
        stack=stack,
        people=people,
        auditor=auditor,
        arrivals=Arrivals(cloud, stack),
        key=stack.outputs["RemediationKeyArn"],
        team_key=_create_key(cloud.client("kms")),
        foreign_key=_create_key(abroad),
        partner_key=_create_key(abroad, "root"),
        shut_key=_create_key(abroad, "user/mallory"),
    )


def _create_key(kms: Any, admitted: str | None = None) -> str:
    """A key, which also admits the principal of this account, if one is given."""
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
