"""What somebody does to buckets under fire."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.cloud.faults.run.runner import Shot, make_older
from tests.cloud.faults.run.stack import Field
from tests.cloud.faults.run.table import Act, Row
from tests.support.deployment import OTHER_ACCOUNT

_OPEN_TO_ANOTHER_ACCOUNT = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"},
    "Action": "s3:GetObject",
}


@dataclass
class BucketPlay:
    """`Play` of the bucket lane."""

    ground: Field

    def shot(self, row: Row) -> Shot:
        key = "" if row.step.act is Act.CREATE else self.ground.stack.create_key()
        return Shot(row, f"f-{uuid.uuid4().hex[:12]}", key)

    def prepare(self, shot: Shot) -> None:
        if shot.row.step.act is Act.CREATE:
            return
        self.ground.stack.s3.create_bucket(Bucket=shot.bucket)
        if shot.row.step.act is Act.OPEN_UP:
            self.ground.stack.put(shot.bucket, "aws:kms", shot.key, BucketKeyEnabled=True)

    def act(self, shot: Shot) -> None:
        stack = self.ground.stack
        match shot.row.step.act:
            case Act.CREATE:
                stack.s3.create_bucket(Bucket=shot.bucket)
            case Act.TEAM_KEY:
                stack.put(shot.bucket, "aws:kms", shot.key, BucketKeyEnabled=False)
            case Act.OPEN_UP:
                statement = _OPEN_TO_ANOTHER_ACCOUNT | {"Resource": f"arn:aws:s3:::{shot.bucket}/*"}
                policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
                stack.s3.put_bucket_policy(Bucket=shot.bucket, Policy=policy)

    def scope(self, service: str, shot: Shot) -> dict[str, str]:
        where = {"s3": {"resource": f"arn:aws:s3:::{shot.bucket}"}, "kms": {"body": shot.key}}
        return {"caller": self.ground.lane.role, **where.get(service, {"body": shot.bucket})}

    def an_hour_later(self, _shot: Shot, event: dict[str, Any]) -> None:
        make_older(event)

    def look(self, shot: Shot) -> None:
        shot.writes = self._writes[shot.bucket]
        shot.state = self.ground.stack.rule(shot.bucket)

    @cached_property
    def _writes(self) -> dict[str, list[dict[str, Any]]]:
        return self.ground.writes()
