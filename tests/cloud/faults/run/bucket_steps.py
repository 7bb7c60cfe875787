"""What a user does to buckets in the fault tests, and what is then read back."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.cloud.faults.run.bucket_table import Act, Row
from tests.cloud.faults.run.runner import RowRun, make_older
from tests.cloud.faults.run.stack import Resources
from tests.support.deployment import OTHER_ACCOUNT

_OPEN_TO_ANOTHER_ACCOUNT = {
    "Effect": "Allow",
    "Principal": "*",  # so that S3 is asked whether the policy is public
    "Action": "s3:GetObject",
    "Condition": {"StringEquals": {"aws:PrincipalAccount": OTHER_ACCOUNT}},
}


@dataclass
class BucketScenario:
    """`Scenario` of the bucket lane."""

    resources: Resources

    def new_run(self, row: Row) -> RowRun:
        key = "" if row.step.act is Act.CREATE else self.resources.deployment.create_key()
        return RowRun(row, f"f-{uuid.uuid4().hex[:12]}", key)

    def prepare(self, run: RowRun) -> None:
        if run.row.step.act is Act.CREATE:
            return
        self.resources.deployment.s3.create_bucket(Bucket=run.bucket)
        if run.row.step.act is Act.OPEN_UP:
            self.resources.deployment.put(run.bucket, "aws:kms", run.key, BucketKeyEnabled=True)

    def act(self, run: RowRun) -> None:
        stack = self.resources.deployment
        match run.row.step.act:
            case Act.CREATE:
                stack.s3.create_bucket(Bucket=run.bucket)
            case Act.TEAM_KEY:
                stack.put(run.bucket, "aws:kms", run.key, BucketKeyEnabled=False)
            case Act.OPEN_UP:
                statement = _OPEN_TO_ANOTHER_ACCOUNT | {"Resource": f"arn:aws:s3:::{run.bucket}/*"}
                policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
                stack.s3.put_bucket_policy(Bucket=run.bucket, Policy=policy)

    def scope(self, service: str, run: RowRun, about: str) -> dict[str, str]:
        where = {"s3": {"resource": f"arn:aws:s3:::{run.bucket}"}, "kms": {"body": run.key}}
        text = {"body": about.format(bucket=run.bucket)}
        return {
            "caller": self.resources.lane.role,
            **where.get(service, text),
        }

    def an_hour_later(self, _shot: RowRun, event: dict[str, Any]) -> None:
        make_older(event)

    def look(self, run: RowRun) -> None:
        run.writes = self._writes[run.bucket]
        run.state = self.resources.deployment.rule(run.bucket)

    @cached_property
    def _writes(self) -> dict[str, list[dict[str, Any]]]:
        return self.resources.writes()
