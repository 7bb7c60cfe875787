"""A local cloud as a sandbox account, and the command in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localcloud.client.handle import REPOSITORY, LocalCloud
from operations.verify_aws.bench import PREFIX
from tests.support.environments import environment_python

USER = "maria-of-the-sandbox"
_ADMINISTRATOR = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
_REGIONS = ("us-east-1", "us-west-2")
_GOING = {"PendingDeletion", "PendingReplicaDeletion"}


@dataclass(slots=True)
class Sandbox:
    """`ended` has the finished processes, the last one last."""

    cloud: LocalCloud
    folder: Path
    environment: dict[str, str]
    ended: list[subprocess.CompletedProcess[str]] = field(default_factory=list)

    def command(self, *arguments: str) -> list[str]:
        """The command with what makes it quick on a local cloud."""
        quick = ["--pause", "0.2", "--minutes", "2", "--folder", str(self.folder)]
        return [sys.executable, "-m", "operations.verify_aws", *quick, *arguments]

    def run(self, *arguments: str, yes: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the command to its end."""
        agreed = ["--yes"] if yes else []
        done = subprocess.run(
            self.command(*agreed, *arguments),
            cwd=REPOSITORY,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        self.ended.append(done)
        return done

    def start(self) -> subprocess.Popen[str]:
        """Start the command, to be interrupted."""
        return subprocess.Popen(
            self.command("--yes"),
            cwd=REPOSITORY,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def result(self) -> Path:
        """The folder of the only run."""
        (folder,) = self.folder.iterdir()
        return folder

    def rows(self) -> dict[str, dict[str, Any]]:
        """The report's rows, by name."""
        report = json.loads((self.result() / "report.json").read_text())
        return {row["name"]: row for row in report["rows"]}

    def left(self) -> list[str]:
        """What runs left in the account, found without their own code, but for keys pending deletion."""
        return [name for region in _REGIONS for name in self._left_in(region)]

    def _left_in(self, region: str) -> Iterator[str]:
        def client(service: str) -> Any:
            return self.cloud.client(service, region=region)

        names = [
            *(bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]),
            *(rule["Name"] for rule in client("events").list_rules()["Rules"]),
            *(url.rpartition("/")[2] for url in client("sqs").list_queues().get("QueueUrls", [])),
            *(role["RoleName"] for role in client("iam").list_roles()["Roles"]),
            *(trail["Name"] for trail in client("cloudtrail").list_trails()["Trails"]),
            *client("dynamodb").list_tables()["TableNames"],
            *(topic["TopicArn"].rpartition(":")[2] for topic in client("sns").list_topics()["Topics"]),
            *(group["logGroupName"] for group in client("logs").describe_log_groups()["logGroups"]),
            *(alias["AliasName"] for alias in client("kms").list_aliases()["Aliases"]),
        ]
        yield from (name for name in names if PREFIX in name)
        for key in client("kms").list_keys()["Keys"]:
            found = client("kms").describe_key(KeyId=key["KeyId"])["KeyMetadata"]
            if found["KeyManager"] == "CUSTOMER" and found["KeyState"] not in _GOING:
                yield str(found["Arn"])


@contextmanager
def sandbox(folder: Path, switches: Sequence[str] = ()) -> Iterator[Sandbox]:
    """A local cloud with an administrator, whose settings the command finds where a user's are."""
    with LocalCloud.start(python=environment_python("cloud"), switches=switches) as cloud:
        user = cloud.create_user(USER, _ADMINISTRATOR)
        environment = os.environ | {
            "AWS_ENDPOINT_URL": cloud.endpoint,
            "AWS_ACCESS_KEY_ID": user.access_key,
            "AWS_SECRET_ACCESS_KEY": user.secret_key,
            "NO_PROXY": "127.0.0.1",
        }
        yield Sandbox(cloud, folder / "runs", dict(environment))
