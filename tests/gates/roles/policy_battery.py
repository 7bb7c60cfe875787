"""A short run through everything the policy lane does. It returns what was wrong."""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime

from reseal.aws.dynamodb.bucket_notes import DynamoDbBucketNotes
from reseal.core.calls.look import Look
from reseal.core.calls.queue_message import look_body
from reseal.core.resource import BucketResource
from tests.support.deployment import Deployment

PATIENCE_SECONDS = 60.0


class PolicyBattery:
    """One bucket needs every right of the function's role: it reads all, writes, records and reports."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._table = deployment.stack.outputs["LedgerTable"]
        self._queue = deployment.stack.outputs["PolicyQueueUrl"]

    def first_failure(self) -> str | None:
        """What went wrong; None if the policy was written and reported."""
        bucket, arrivals = f"b-{uuid.uuid4().hex[:12]}", self._deployment.arrivals
        with self._deployment.without_events():
            self._made_by_hand(bucket)
        arrivals.poll()
        lines, findings = len(arrivals.lines), len(arrivals.findings)
        self._hand_on(bucket)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            arrivals.poll()
            for line in arrivals.lines[lines:]:
                if "goes back to the queue" in line.get("message", ""):
                    return str(line["message"])
            for found in arrivals.findings[findings:]:
                if found["resource"]["name"] == bucket:
                    status = found["status"]
                    return None if status == "REMEDIATED" else f"{status}: {found['reason']}"
            time.sleep(0.05)
        raise TimeoutError(f"nothing of {bucket}'s policy: a missing right would show differently")

    def _made_by_hand(self, bucket: str) -> None:
        """A bucket whose creator is noted as the bucket lane notes it, and whose policy opens it to nobody.

        The guard must see that RestrictPublicBuckets keeps the public out.
        """
        s3 = self._deployment.s3
        s3.create_bucket(Bucket=bucket)
        block = {"RestrictPublicBuckets": True}
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
        statement = {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{bucket}/*",
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        s3.put_bucket_policy(Bucket=bucket, Policy=policy)
        notes = DynamoDbBucketNotes(self._deployment.cloud.client("dynamodb"), self._table)
        notes.note_tool(bucket, creator="SDK", manager=None)

    def _hand_on(self, bucket: str) -> None:
        resource = BucketResource(bucket=bucket)
        body = look_body(Look(event_id=str(uuid.uuid4()), time=datetime.now(UTC), resource=resource))
        self._deployment.cloud.client("sqs").send_message(QueueUrl=self._queue, MessageBody=body)
