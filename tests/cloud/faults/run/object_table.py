"""The faults at each AWS call of the object lane, and the expected end of each write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.cloud.faults.run.bucket_table import (
    COUNT_REFUSAL,
    DENIED,
    SNS_FAILS,
    WINDOW,
    Act,
    End,
    Fault,
    Row,
    Step,
    error,
    passing,
)

LOOK_BACK = "look back"
_ENTRY = '"{bucket}/a#'
"""In bodies of calls to DynamoDB: the ids of the object's entries."""
_CLOSE_REFUSAL = "close the entry of a refusal"
_COPIES: dict[str, Any] = {"late": 62.0, "tries": 3}
"""The object function's client for copies waits longer, and tries less often (runtime/wiring/objects.py)."""

KILLED = Fault("killed", "delay", 3, {"seconds": 25.0})
"""The call and its client's retries are delayed until the process is dead; then they take effect."""

_S3_DENIES: tuple[str, dict[str, Any]] = (
    "CopyObject",
    {"times": None, "status": 403, "code": "AccessDenied"},
)
_WRITES: dict[str, Any] = {"act": Act.WRITE}
_VERSION: dict[str, Any] = {"act": Act.WRITE_VERSION}
_TEAM: dict[str, Any] = {"act": Act.WRITE_UNDER_TEAM_KEY}
_ENDS: dict[str, Any] = {"act": Act.END_WINDOW}


def _of_bucket(name: str, operation: str) -> Step:
    return Step(f"read {name}", "s3", operation, End.FAILED, **_WRITES)


STEPS = [
    Step("look at the object", "s3", "HeadObject", End.FAILED, **_WRITES),
    Step("describe the key", "kms", "DescribeKey", End.MANUAL, **_TEAM),
    _of_bucket("the bucket's policy", "GetBucketPolicy"),
    _of_bucket("whether it is public", "GetBucketPolicyStatus"),
    _of_bucket("the website", "GetBucketWebsite"),
    _of_bucket("the ACL", "GetBucketAcl"),
    _of_bucket("the replication", "GetBucketReplication"),
    _of_bucket("the bucket's default", "GetBucketEncryption"),
    _of_bucket("the versioning", "GetBucketVersioning"),
    _of_bucket("the notifications", "GetBucketNotificationConfiguration"),
    _of_bucket("the ownership", "GetBucketOwnershipControls"),
    _of_bucket("the grants", "GetObjectAcl"),
    Step("read the last repair", "dynamodb", "GetItem", End.DEAD, about="repaired#{bucket}", **_WRITES),
    Step("open the entry", "dynamodb", "PutItem", End.DEAD, about=_ENTRY, **_WRITES),
    Step("read the grants again", "s3", "GetObjectAcl", End.FAILED, skip=1, **_WRITES),
    Step("copy", "s3", "CopyObject", End.FAILED, **_COPIES, **_WRITES),
    Step("change in place", "s3", "UpdateObjectEncryption", End.FAILED, **_VERSION),
    Step("look again", "s3", "HeadObject", End.FAILED_AFTER_THE_WRITE, skip=1, **_WRITES),
    Step("look at the version again", "s3", "HeadObject", End.FAILED_AFTER_THE_WRITE, skip=1, **_VERSION),
    Step("compare the grants", "s3", "GetObjectAcl", End.FAILED_AFTER_THE_WRITE, skip=2, **_WRITES),
    Step("close the entry", "dynamodb", "TransactWriteItems", End.DEAD, about=_ENTRY, **_WRITES),
    Step("read the tags", "s3", "GetBucketTagging", End.REPAIRED, **_WRITES),
    Step("read the window", "dynamodb", "GetItem", End.DEAD, about=WINDOW, **_WRITES),
    Step("remind itself", "sqs", "SendMessage", End.DEAD, **_WRITES),
    Step("count", "dynamodb", "PutItem", End.DEAD, about=WINDOW, **_WRITES),
    Step("publish", "sns", "Publish", End.DEAD, **_WRITES),
    Step("read the window again", "dynamodb", "GetItem", End.DEAD, skip=1, about=WINDOW, **_WRITES),
    Step("mark as published", "dynamodb", "PutItem", End.DEAD, skip=1, about=WINDOW, **_WRITES),
    Step(LOOK_BACK, "dynamodb", "GetItem", End.DEAD, about=_ENTRY, before=SNS_FAILS, **_WRITES),
    Step(_CLOSE_REFUSAL, "dynamodb", "PutItem", End.DEAD, 1, about=_ENTRY, before=_S3_DENIES, **_WRITES),
    Step(COUNT_REFUSAL, "dynamodb", "PutItem", End.DEAD, about=WINDOW, before=_S3_DENIES, **_WRITES),
    Step("read the window that ends", "dynamodb", "GetItem", End.DEAD, about=WINDOW, **_ENDS),
    Step("publish the window's summary", "sns", "Publish", End.DEAD, **_ENDS),
    Step("read the ended window", "dynamodb", "GetItem", End.DEAD, skip=1, about=WINDOW, **_ENDS),
    Step("close the window", "dynamodb", "PutItem", End.DEAD, about=WINDOW, **_ENDS),
]
_BY_NAME = {step.name: step for step in STEPS}
_TAKEOVER = [LOOK_BACK, "open the entry", "close the entry", "count", "publish"]
_LATE = [
    "look at the object",
    "open the entry",
    "copy",
    "change in place",
    "look again",
    "close the entry",
    "count",
    "remind itself",
    "publish",
    "mark as published",
    "publish the window's summary",
    "close the window",
]
_USUAL = {
    Act.WRITE: End.REPAIRED,
    Act.WRITE_VERSION: End.REPAIRED,
    Act.WRITE_UNDER_TEAM_KEY: End.COMPLIANT,
    Act.END_WINDOW: End.PUBLISHED,
}


def usual_end(step: Step) -> End:
    """How a step's message ends unless the call is denied."""
    return End.FAILED if step.before == _S3_DENIES else redriven_end(step)


def redriven_end(step: Step) -> End:
    """How a step's message ends without faults."""
    return _USUAL[step.act]


def rows() -> Iterator[Row]:
    """Every combination that takes at most a few seconds."""
    for step in STEPS:
        for fault in passing(step):
            if fault.kind != "delay":
                yield Row(step, fault, usual_end(step))
        yield Row(step, error("denied", None, *DENIED[step.service]), step.denied)


def late() -> Iterator[Row]:
    """Rows whose client waits for a late answer: the calls that write, record in the ledger or publish."""
    for name in _LATE:
        step = _BY_NAME[name]
        (fault,) = [fault for fault in passing(step) if fault.kind == "delay"]
        yield Row(step, fault, usual_end(step))


def deaths() -> Iterator[Row]:
    """The function is killed at each call of the flow, then also at each call of a takeover."""
    for step in STEPS:
        if step.before is None:
            yield Row(step, KILLED, usual_end(step))
    for name in _TAKEOVER:
        yield Row(_BY_NAME["look again"], KILLED, End.REPAIRED, again=replace(_BY_NAME[name], before=None))
