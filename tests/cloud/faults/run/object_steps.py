"""What somebody does to objects under fire."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from localcloud.client.handle import ACCOUNT
from reseal.aws.dynamodb.alert_windows import DynamoDbWindows
from reseal.core.calls.queue_message import CloseWindow, reminder_body
from reseal.core.findings.alerts import Tallied
from reseal.core.findings.message import Message
from tests.cloud.faults.run.runner import Shot, make_older
from tests.cloud.faults.run.stack import Field
from tests.cloud.faults.run.table import Act, Row

KEY = "a"
HOUR = 3600
REASON = "the object is encrypted with SSE-S3, whose key this account cannot control"
_READER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"


@dataclass
class ObjectPlay:
    """`Play` of the object lane: messages are sent by the test, so that their ids are known."""

    ground: Field
    messages: dict[str, str] = field(default_factory=dict)
    _made: dict[str, Any] = field(default_factory=dict)

    def shot(self, row: Row) -> Shot:
        team = row.step.act is Act.WRITE_UNDER_TEAM_KEY
        return Shot(row, f"f-{uuid.uuid4().hex[:12]}", self.ground.stack.create_key() if team else "")

    def prepare(self, shot: Shot) -> None:
        s3, act = self.ground.stack.s3, shot.row.step.act
        if act is Act.END_WINDOW:
            self._hold_back(shot)
            return
        s3.create_bucket(Bucket=shot.bucket, ObjectOwnership="ObjectWriter")
        _admit_own_account(s3, shot.bucket)
        if act is Act.WRITE_VERSION:
            s3.put_bucket_versioning(Bucket=shot.bucket, VersioningConfiguration={"Status": "Enabled"})
        under: dict[str, Any] = {"ServerSideEncryption": "AES256"}
        if act is Act.WRITE_UNDER_TEAM_KEY:
            s3 = self.ground.cloud.client("s3")  # the user may use no key
            under = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": shot.key}
        s3.put_object(Bucket=shot.bucket, Key=KEY, Body=b"1", **under)

    def act(self, shot: Shot) -> None:
        self.ground.send(self._message(shot))

    def scope(self, service: str, shot: Shot) -> dict[str, str]:
        where: dict[str, dict[str, str]] = {
            "s3": {"resource": f"arn:aws:s3:::{shot.bucket}*"},
            "kms": {"body": shot.key},
            "sqs": {"body": self._group(shot.bucket)},
        }
        text = shot.bucket
        if shot.row.step.operation == "TransactGetItems" or (
            shot.row.again and shot.row.again.operation == "TransactGetItems"
        ):
            text = json.loads(self._message(shot))["detail"]["eventID"] if service == "dynamodb" else text
        return {"caller": self.ground.lane.role, **where.get(service, {"body": text})}

    def an_hour_later(self, shot: Shot, event: dict[str, Any]) -> None:
        make_older(event)
        self.ground.cloud.make_older(shot.bucket, KEY, HOUR)

    def look(self, shot: Shot) -> None:
        if shot.row.step.act is Act.END_WINDOW:
            shot.state = {"held": self._held(shot)}
            return
        s3 = self.ground.stack.s3
        head = s3.head_object(Bucket=shot.bucket, Key=KEY)
        versions = s3.list_object_versions(Bucket=shot.bucket).get("Versions", [])
        uploads = s3.list_multipart_uploads(Bucket=shot.bucket).get("Uploads", [])
        shot.writes = self._writes[shot.bucket]
        shot.state = {
            "encryption": (head["ServerSideEncryption"], head.get("SSEKMSKeyId")),
            "versions": len(versions),
            "uploads": len(uploads),
        }

    @cached_property
    def _writes(self) -> dict[str, list[dict[str, Any]]]:
        self.ground.cloud.drain_trail()
        return self.ground.made()

    def _message(self, shot: Shot) -> str:
        if shot.bucket not in self.messages:
            window = shot.row.step.act is Act.END_WINDOW
            reminder = reminder_body(CloseWindow(group=shot.bucket))
            self.messages[shot.bucket] = reminder if window else self.ground.event(shot.bucket, "PutObject")
        return self.messages[shot.bucket]

    def _group(self, bucket: str) -> str:
        """The name of the window of such a write's alert (core/alerts.group_of)."""
        who = f"arn:aws:iam::{ACCOUNT}:user/engineer"
        same = ("S3.ObjectEncryption", bucket, who, "REMEDIATED", "MEDIUM", REASON)
        return hashlib.sha256("\n".join(same).encode()).hexdigest()[:32]

    # --- windows ---------------------------------------------------------------------------------

    @cached_property
    def _windows(self) -> DynamoDbWindows:
        return DynamoDbWindows(self.ground.dynamodb, self.ground.table)

    def _hold_back(self, shot: Shot) -> None:
        """A window that holds one alert back, as the lane would have left it."""
        document = {
            "findings": [
                {"id": shot.bucket, "status": "TOLD", "check": "", "resource": {"name": shot.bucket}}
            ]
        }
        message = Message(subject="held", email=shot.bucket, document=json.dumps(document), attributes={})
        past = datetime.now(UTC) - timedelta(seconds=2)
        alert = Tallied(count=1, first=past, last=past, keys=(KEY,), message=message, seconds=1, holds=True)
        for _ in range(2):  # the first opens it
            self._windows.tally(shot.bucket, alert, past)

    def _held(self, shot: Shot) -> int:
        held = self._windows.read_suppressed(shot.bucket)
        return held.count if held else 0


def _admit_own_account(s3: Any, bucket: str) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
