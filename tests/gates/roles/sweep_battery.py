"""A short sweep through everything its role may do. It returns the first result that differs."""

from __future__ import annotations

import json
import uuid
from typing import Any

from localcloud.client.handle import ACCOUNT
from tests.support.deployment import OTHER_ACCOUNT, Deployment

START = '{"reseal": "sweep"}'


class SweepBattery:
    """Sweeps an account in which each right shows: in a verdict, in the report, or in a message."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._keys = [self._shared_key() for _ in range(2)]
        self._names = self._prepared()
        self._complete: dict[str, Any] | None = None

    def first_failure(self) -> str | None:
        """What differs from the first sweep, which had every right; None if nothing does."""
        try:
            found = self._swept()
        except LookupError as error:
            return str(error)
        self._complete = self._complete or found
        different = [name for name in self._complete if found.get(name) != self._complete[name]]
        return f"{different[0]}: {found.get(different[0])}" if different else None

    # --- the account ---------------------------------------------------------------------------

    def _prepared(self) -> list[str]:
        """One bucket is opened, one public with an owner, one counted, one under a key that ends."""
        deployment, s3 = self._deployment, self._deployment.s3
        names = [f"gate-{uuid.uuid4().hex[:12]}" for _ in range(4)]
        with deployment.without_events():
            for name in names:
                s3.create_bucket(Bucket=name)
            deployment.put(names[0], "aws:kms", self._keys[0], BucketKeyEnabled=True)
            self._admit(f"arn:aws:iam::{OTHER_ACCOUNT}:root", names[0])
            block = {"RestrictPublicBuckets": True}
            s3.put_public_access_block(Bucket=names[1], PublicAccessBlockConfiguration=block)
            self._admit("*", names[1])
            deployment.put(names[2], "aws:kms", deployment.key)
            s3.put_bucket_metrics_configuration(Bucket=names[2], Id="all", MetricsConfiguration={"Id": "all"})
            deployment.put(names[3], "aws:kms", self._keys[1], BucketKeyEnabled=True)
            deployment.cloud.client("kms").schedule_key_deletion(KeyId=self._keys[1])
            tag = {"Key": "aws:cloudformation:stack-name", "Value": "team"}
            s3.put_bucket_tagging(Bucket=names[1], Tagging={"TagSet": [tag]})
        return names

    def _admit(self, principal: str, bucket: str) -> None:
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": principal},
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{bucket}/*",
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._deployment.s3.put_bucket_policy(Bucket=bucket, Policy=policy)

    def _shared_key(self) -> str:
        own, other = (f"arn:aws:iam::{account}:root" for account in (ACCOUNT, OTHER_ACCOUNT))
        statements = [
            {"Effect": "Allow", "Principal": {"AWS": own}, "Action": "kms:*", "Resource": "*"},
            {"Effect": "Allow", "Principal": {"AWS": other}, "Action": "kms:Decrypt", "Resource": "*"},
        ]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        return str(self._deployment.cloud.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"])

    # --- one sweep -----------------------------------------------------------------------------

    def _swept(self) -> dict[str, Any]:
        """What a sweep found. Raises LookupError if it did not end."""
        self._forget_progress()
        sweep = f"gate-{uuid.uuid4()}"
        record = {
            "messageId": sweep,
            "eventSource": "aws:sqs",
            "attributes": {"ApproximateReceiveCount": "1"},
            "body": START,
        }
        # longer than the function may take: other tests' buckets on this local cloud are swept too
        function = self._deployment.cloud.client("lambda", read_timeout=310, retries={"max_attempts": 0})
        answer = function.invoke(
            FunctionName=self._deployment.stack.outputs["SweepFunction"],
            Payload=json.dumps({"Records": [record]}),
        )
        returned = json.load(answer["Payload"])
        if returned != {"batchItemFailures": []}:
            raise LookupError(f"the sweep did not end: {returned}")
        return self._rows(sweep)

    def _rows(self, sweep: str) -> dict[str, Any]:
        bucket, s3 = self._deployment.stack.outputs["ReportBucketName"], self._deployment.cloud.client("s3")
        names = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
        (name,) = [one for one in names if one.endswith(f"{sweep}/report.jsonl")]
        lines = s3.get_object(Bucket=bucket, Key=name)["Body"].read().decode().splitlines()
        rows = [json.loads(line) for line in lines[1:]]
        buckets = {
            row["name"]: [
                row["not_read"],
                row["owner"],
                [row["kms_requests"], row["kms_cost_unknown"]],
                _found(row),
            ]
            for row in rows
            if row["name"] in self._names
        }
        keys = {row["name"]: [row["rotation"], _found(row)] for row in rows if row["type"] == "key"}
        return buckets | {name: keys[name] for name in self._keys}

    def _forget_progress(self) -> None:
        """As if there had been no sweep: one that a missing right has stopped would be in the way."""
        table = self._deployment.stack.outputs["SnapshotTable"]
        dynamodb = self._deployment.cloud.client("dynamodb")
        dynamodb.delete_item(TableName=table, Key={"id": {"S": "sweep#progress"}})
        for name in self._names:
            dynamodb.delete_item(TableName=table, Key={"id": {"S": f"bucket#{name}"}})


def _found(row: dict[str, Any]) -> dict[str, list[str]]:
    return {check: [one["status"], one["reason"]] for check, one in row["checks"].items()}
