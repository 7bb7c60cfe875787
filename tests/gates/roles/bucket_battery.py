"""A short run through everything the bucket lane does. It returns the first step with a wrong result."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

from localcloud.client.handle import ACCOUNT, REPOSITORY
from tests.support.deployment import OTHER_ACCOUNT, Deployment

PATIENCE_SECONDS = 60.0  # a missing right fails at once, but a cold start takes longer
DEFAULT = "S3.BucketDefaultEncryption"
OWNED_BY = "team-stack"
EVENT = (REPOSITORY / "events" / "create_bucket_by_iam_user.json").read_text()

Reaction = tuple[dict[str, Any], list[dict[str, Any]]]


class IncompleteError(Exception):
    """A step had a wrong result. The message names the step and the result."""


class Battery:
    """Each step needs at least one right of the function's role that no other step needs."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._s3 = deployment.s3

    def first_failure(self) -> str | None:
        """The message of the first failed step; None if all succeed."""
        try:
            created = self._new_bucket_is_remediated()
            self._redelivered_event_is_published_again(created)
            bucket = self._lowered_bucket_is_remediated_and_its_stack_named()
            self._teams_key_is_judged_with_its_policy(bucket)
        except IncompleteError as error:
            return str(error)
        return None

    # --- the steps -----------------------------------------------------------------------------

    def _new_bucket_is_remediated(self) -> dict[str, Any]:
        bucket = _name()
        line, findings = self._after(lambda: self._s3.create_bucket(Bucket=bucket), bucket, "CreateBucket")
        expect("new bucket", [line["result"], *_statuses(findings)], ["Applied", "REMEDIATED"])
        severities = [finding["severity"] for finding in findings]
        expect("severity of a bucket that is new", severities, ["INFORMATIONAL"])
        expect("new bucket's ledger entry", self._ledger_outcome(line), "Applied")
        return {"bucket": bucket, "event": line["event_id"], "finding": findings[0]["id"]}

    def _redelivered_event_is_published_again(self, created: dict[str, Any]) -> None:
        bucket = created["bucket"]
        event = json.loads(EVENT.replace("reseal-example-payroll", bucket))
        event["detail"]["eventID"] = created["event"]

        def act() -> None:
            expect("redelivered event", self._invoke(event), {"batchItemFailures": []})

        line, findings = self._after(act, bucket, "CreateBucket")
        found = [line["result"], *(finding["id"] for finding in findings)]
        expect("redelivered event", found, ["Applied", created["finding"]])

    def _lowered_bucket_is_remediated_and_its_stack_named(self) -> str:
        bucket = _name()
        with self._deployment.without_events():
            self._s3.create_bucket(Bucket=bucket)
            tag = {"Key": "aws:cloudformation:stack-name", "Value": OWNED_BY}
            self._s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [tag]})
            block = {"RestrictPublicBuckets": True}  # the guard must see that the public has no access
            self._s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
            self._admit("*", bucket)
        line, findings = self._after(
            lambda: self._deployment.put(bucket, "AES256"), bucket, "PutBucketEncryption"
        )
        expect("lowered bucket", [line["result"], *_statuses(findings)], ["Applied", "REMEDIATED"])
        owners = [(finding["managed_by"] or {}).get("stack") for finding in findings]
        expect("lowered bucket's owner", set(owners), {OWNED_BY})
        return bucket

    def _teams_key_is_judged_with_its_policy(self, bucket: str) -> None:
        key = self._shared_key()

        def choose() -> None:
            self._deployment.put(bucket, "aws:kms", key, BucketKeyEnabled=True)

        line, findings = self._after(choose, bucket, "PutBucketEncryption")
        expect("team's key", [line["result"], *findings], ["Compliant"])
        other = f"arn:aws:iam::{OTHER_ACCOUNT}:root"
        line, findings = self._after(lambda: self._admit(other, bucket), bucket, "PutBucketPolicy")
        expect("account that the team's key admits", [line["result"], *findings], ["Compliant"])

    # --- the means -----------------------------------------------------------------------------

    def _after(self, act: Callable[[], object], bucket: str, call: str) -> Reaction:
        """Act, and return the call's log line and findings. Fails if its message returns to the queue."""
        arrivals = self._deployment.arrivals
        arrivals.poll()
        lines, findings = len(arrivals.lines), len(arrivals.findings)
        act()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            arrivals.poll()
            for line in arrivals.lines[lines:]:
                if "goes back to the queue" in line.get("message", ""):
                    raise IncompleteError(line["message"])
                if (line.get("bucket"), line.get("api_call")) == (bucket, call):
                    arrivals.poll()  # a message is sent before its line is written
                    mine = [f for f in arrivals.findings[findings:] if f["resource"]["name"] == bucket]
                    return line, mine
            time.sleep(0.03)
        raise TimeoutError(f"no log line of {call}: a missing right would show differently")

    def _ledger_outcome(self, line: dict[str, Any]) -> str:
        entry = {"id": {"S": f"{line['bucket']}#{line['event_id']}#PutBucketEncryption"}}
        table = self._deployment.stack.outputs["LedgerTable"]
        found = self._deployment.cloud.client("dynamodb").get_item(TableName=table, Key=entry)
        return str(json.loads(found["Item"]["entry"]["S"])["outcome"]["kind"])

    def _invoke(self, event: dict[str, Any]) -> Any:
        """Invoke the function with a message that is delivered for the second time."""
        name = self._deployment.stack.outputs["BucketFunction"]
        attributes = {"ApproximateReceiveCount": "2"}
        record = {"messageId": "again", "eventSource": "aws:sqs", "attributes": attributes}
        batch = {"Records": [{**record, "body": json.dumps(event)}]}
        answer = self._deployment.cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps(batch))
        return json.load(answer["Payload"])

    def _admit(self, principal: str, bucket: str) -> None:
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": principal},
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{bucket}/*",
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._s3.put_bucket_policy(Bucket=bucket, Policy=policy)

    def _shared_key(self) -> str:
        """A team's key that another account may use too."""
        own, other = (f"arn:aws:iam::{account}:root" for account in (ACCOUNT, OTHER_ACCOUNT))
        statements = [
            {"Effect": "Allow", "Principal": {"AWS": own}, "Action": "kms:*", "Resource": "*"},
            {"Effect": "Allow", "Principal": {"AWS": other}, "Action": "kms:Decrypt", "Resource": "*"},
        ]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        return str(self._deployment.cloud.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"])


def _name() -> str:
    return f"gate-{uuid.uuid4().hex[:12]}"


def _statuses(findings: list[dict[str, Any]]) -> list[str]:
    return [finding["status"] for finding in findings if finding["check"] == DEFAULT]


def expect(what: str, found: object, expected: object) -> None:
    """Raise IncompleteError unless they are equal."""
    if found != expected:
        raise IncompleteError(f"{what}: {found} instead of {expected}")
