"""What a user does to objects in the fault tests, and what is then read back."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from localcloud.client.handle import ACCOUNT
from reseal.aws.dynamodb.alert_windows import DynamoDbWindows
from reseal.core.alerts.window import Window
from reseal.core.calls.queue_message import CloseWindow, reminder_body
from reseal.core.findings.alerts import grouped
from reseal.core.findings.render.json import finding_document
from tests.cloud.faults.run.bucket_table import Act, Row
from tests.cloud.faults.run.runner import RowRun, make_older
from tests.cloud.faults.run.stack import Resources
from tests.support.builders import an_object_call
from tests.support.findings import a_copied_object

KEY = "a"
HOUR = 3600


@dataclass
class ObjectScenario:
    """`Scenario` of the object lane. The test sends the messages itself, so it knows their ids."""

    resources: Resources
    messages: dict[str, str] = field(default_factory=dict)

    def new_run(self, row: Row) -> RowRun:
        team = row.step.act is Act.WRITE_UNDER_TEAM_KEY
        return RowRun(
            row, f"f-{uuid.uuid4().hex[:12]}", self.resources.deployment.create_key() if team else ""
        )

    def prepare(self, run: RowRun) -> None:
        s3, act = self.resources.deployment.s3, run.row.step.act
        if act is Act.END_WINDOW:
            self._suppress_alert(run)
            return
        s3.create_bucket(Bucket=run.bucket, ObjectOwnership="ObjectWriter")
        _admit_own_account(s3, run.bucket)
        if act is Act.WRITE_VERSION:
            s3.put_bucket_versioning(Bucket=run.bucket, VersioningConfiguration={"Status": "Enabled"})
        under: dict[str, Any] = {"ServerSideEncryption": "AES256"}
        if act is Act.WRITE_UNDER_TEAM_KEY:
            s3 = self.resources.cloud.client("s3")  # the user may use no key
            under = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": run.key}
        s3.put_object(Bucket=run.bucket, Key=KEY, Body=b"1", **under)

    def act(self, run: RowRun) -> None:
        self.resources.send(self._message(run))

    def scope(self, service: str, run: RowRun, about: str) -> dict[str, str]:
        where: dict[str, dict[str, str]] = {
            "s3": {"resource": f"arn:aws:s3:::{run.bucket}*"},
            "kms": {"body": run.key},
        }
        text = {"body": about.format(bucket=run.bucket)}
        return {"caller": self.resources.lane.role, **where.get(service, text)}

    def an_hour_later(self, run: RowRun, event: dict[str, Any]) -> None:
        make_older(event)
        self.resources.cloud.make_older(run.bucket, KEY, HOUR)

    def look(self, run: RowRun) -> None:
        if run.row.step.act is Act.END_WINDOW:
            run.state = {"suppressed": self._suppressed(run)}
            return
        s3 = self.resources.deployment.s3
        head = s3.head_object(Bucket=run.bucket, Key=KEY)
        versions = s3.list_object_versions(Bucket=run.bucket).get("Versions", [])
        uploads = s3.list_multipart_uploads(Bucket=run.bucket).get("Uploads", [])
        run.writes = self._writes[run.bucket]
        run.state = {
            "encryption": (head["ServerSideEncryption"], head.get("SSEKMSKeyId")),
            "versions": len(versions),
            "uploads": len(uploads),
        }

    @cached_property
    def _writes(self) -> dict[str, list[dict[str, Any]]]:
        self.resources.cloud.drain_trail()
        return self.resources.made()

    def _message(self, run: RowRun) -> str:
        if run.bucket not in self.messages:
            self.messages[run.bucket] = self.resources.event(run.bucket, "PutObject")
        return self.messages[run.bucket]

    # --- windows ---------------------------------------------------------------------------------

    @cached_property
    def _windows(self) -> DynamoDbWindows:
        return DynamoDbWindows(self.resources.dynamodb, self.resources.table)

    def _suppress_alert(self, run: RowRun) -> None:
        """A window with one suppressed alert, as the lane would have left it, and its reminder."""
        window = Window.opened(run.bucket, datetime.now(UTC) - timedelta(seconds=2), 1)
        for number in range(2):  # the first finding is published at once, the second is not
            found = a_copied_object(
                an_object_call(bucket=run.bucket, key=KEY, event_id=f"{number}"), reason="SSE-S3"
            )
            window, due = window.counted(grouped([found]), finding_document)
            window = window.after(due)
        assert self._windows.replace(window)
        self.messages[run.bucket] = reminder_body(CloseWindow(scope=run.bucket, window_id=window.id))

    def _suppressed(self, run: RowRun) -> int:
        window = self._windows.read(run.bucket)
        return sum(group.unreported for group in window.unreported.values()) if window else 0


def _admit_own_account(s3: Any, bucket: str) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": "*",  # so that S3 is asked whether the policy is public
        "Condition": {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
