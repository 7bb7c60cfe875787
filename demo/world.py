"""The stage: a local cloud with Reseal deployed, the people who act, and one who only looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from localcloud import deploy
from localcloud.arrivals import Arrivals
from localcloud.handle import REPOSITORY, LocalCloud

CLOUD_PYTHON = REPOSITORY / ".venv" / "cloud" / "bin" / "python"
STACK = "reseal"
SETTLE_SECONDS = 1  # the template's default is 30; a demo should not keep people waiting
OTHER_ACCOUNT = "222222222222"

Step = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class World:
    """Everything the scenes need."""

    cloud: LocalCloud
    stack: deploy.Stack
    people: dict[str, Any]
    auditor: Any
    arrivals: Arrivals
    key: str
    team_key: str
    foreign_key: str


@contextmanager
def world(step: Step) -> Iterator[World]:
    """Build, start, deploy, and take everything down again however it ends."""
    with step("building the template with the SAM CLI"):
        deploy.build()
    with step("starting the local cloud"):
        cloud = LocalCloud.start(CLOUD_PYTHON)
    with cloud:
        with step("deploying the unchanged template with the SAM CLI"):
            stack = deploy.deploy(cloud, STACK, SettleSeconds=SETTLE_SECONDS)
        with step("creating people, a team's key and another account's key"):
            populated = _populate(cloud, stack)
        yield populated


def _populate(cloud: LocalCloud, stack: deploy.Stack) -> World:
    everything_on_buckets = _allow("s3:*")
    names = {
        "maria": everything_on_buckets,
        "data-team": everything_on_buckets,
        "mallory": everything_on_buckets,
    }
    names["intern"] = _allow("s3:ListBucket")
    return World(
        cloud=cloud,
        stack=stack,
        people={name: cloud.client("s3", cloud.create_user(name, policy)) for name, policy in names.items()},
        auditor=cloud.client("s3", cloud.create_user("auditor", _allow("s3:GetEncryptionConfiguration"))),
        arrivals=Arrivals(cloud, stack),
        key=stack.outputs["RemediationKeyArn"],
        team_key=_create_key(cloud.client("kms")),
        foreign_key=_create_key(cloud.client("kms", cloud.account_root(OTHER_ACCOUNT))),
    )


def _allow(action: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _create_key(kms: Any) -> str:
    return str(kms.create_key()["KeyMetadata"]["Arn"])
