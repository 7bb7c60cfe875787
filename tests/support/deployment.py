"""A deployed stack on its own local cloud, and helpers for tests that use it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from localcloud.client import deploy
from localcloud.client.arrivals import Arrivals
from localcloud.client.handle import LocalCloud
from tests.support import package
from tests.support.environments import environment_python

_PATIENCE_SECONDS = 60.0
OTHER_ACCOUNT = "222222222222"
OWN_ROLE = "*assumed-role/*EnforceBucketRole*"
DEFAULTS: dict[str, object] = {"Mode": "enforce", "TlsMode": "off", "SettleSeconds": 0}
"""A bucket without a policy violates nothing, unless a test is about that."""

STORAGE_ONLY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}


@dataclass(frozen=True, slots=True)
class Deployment:
    """`s3` acts as an IAM user who may do everything on S3 and nothing else."""

    cloud: LocalCloud
    stack: deploy.Stack
    arrivals: Arrivals
    s3: Any

    @property
    def key(self) -> str:
        return self.stack.outputs["RemediationKeyArn"]

    def bucket(self) -> str:
        """A new bucket, remediated by Reseal unless the stack only detects."""
        name = f"b-{uuid.uuid4().hex[:12]}"
        self.s3.create_bucket(Bucket=name)
        self.arrivals.wait_for_lines(name, "CreateBucket")
        return name

    def put(self, bucket: str, algorithm: str, key: str | None = None, **rule: Any) -> None:
        """PutBucketEncryption as the user; SSE-C is blocked unless `rule` differs."""
        default = {"SSEAlgorithm": algorithm} | ({"KMSMasterKeyID": key} if key else {})
        stated = {"BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}} | rule
        configuration = {"Rules": [{"ApplyServerSideEncryptionByDefault": default, **stated}]}
        self.s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=configuration)

    def rule(self, bucket: str) -> dict[str, Any]:
        """The bucket's rule as the user reads it."""
        answer = self.s3.get_bucket_encryption(Bucket=bucket)
        return dict(answer["ServerSideEncryptionConfiguration"]["Rules"][0])

    def after(self, act: Any, bucket: str, *calls: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Run `act` and wait until `calls` on `bucket` are handled; returns their log lines and findings."""
        self.arrivals.poll()
        lines, findings = len(self.arrivals.lines), len(self.arrivals.findings)
        act()
        handled = self.arrivals.wait_for_lines(bucket, *calls, since=lines)
        return handled, [f for f in self.arrivals.findings[findings:] if f["resource"]["name"] == bucket]

    def about(self, act: Any, arn: str, check: str) -> list[dict[str, Any]]:
        """Run `act` and wait for a finding of the check about this; returns all about it since then."""
        self.arrivals.poll()
        before, end = len(self.arrivals.findings), time.monotonic() + _PATIENCE_SECONDS
        act()
        while True:
            self.arrivals.poll()
            found = [f for f in self.arrivals.findings[before:] if f["resource"]["arn"] == arn]
            if any(f["check"] == check for f in found) or time.monotonic() > end:
                return found
            time.sleep(0.2)

    @contextmanager
    def without_events(self, lane: str = "Bucket") -> Iterator[None]:
        """Disable the lane's rule meanwhile, so that no call starts the lane."""
        events, rule = self.cloud.client("events"), self.stack.outputs[f"{lane}RuleName"]
        events.disable_rule(Name=rule)
        try:
            yield
            self.cloud.drain_trail()
        finally:
            events.enable_rule(Name=rule)

    def create_key(self, account: str | None = None) -> str:
        root = self.cloud.account_root(account) if account else None
        return str(self.cloud.client("kms", root).create_key()["KeyMetadata"]["Arn"])


@contextmanager
def deployed(*, switches: Sequence[str] = (), **parameters: object) -> Iterator[Deployment]:
    """The built template on a fresh local cloud, with `DEFAULTS`."""
    with LocalCloud.start(python=environment_python("cloud"), switches=switches) as cloud:
        stack = package.deploy(cloud, "reseal", **{**DEFAULTS, **parameters})
        s3 = cloud.client("s3", cloud.create_user("engineer", STORAGE_ONLY))
        yield Deployment(cloud, stack, Arrivals(cloud, stack), s3)
