"""The faults at each AWS call of the bucket lane, and the expected end of each event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

TRIES = 4
"""How often the function's clients send a call before they give up (runtime/wiring/clients.py)."""

LATE_SECONDS = 6.0
"""Longer than the clients wait for an answer: they retry, and later the first request takes effect too."""


CONFLICTING = {"PutBucketEncryption", "CopyObject", "UpdateObjectEncryption"}
"""S3 answers 409 to these while a conflicting call is in progress."""


class Act(Enum):
    """What a user does. It decides which calls the function makes."""

    CREATE = auto()  # a new bucket, under SSE-S3: repaired to the stack's key
    TEAM_KEY = auto()  # a team's key, new to the function, without a Bucket Key: the Bucket Key is repaired
    OPEN_UP = auto()  # another account gets access to a bucket under such a key: needs a person
    WRITE = auto()  # an object under SSE-S3, in a bucket with a policy and ACLs: copied
    WRITE_VERSION = auto()  # the same in a versioned bucket: changed in place
    WRITE_UNDER_TEAM_KEY = auto()  # an object under a team's key, new to the function: compliant
    END_WINDOW = auto()  # an alert window with a suppressed alert closes: its summary is published


class End(Enum):
    """How an event ends after every fault is over."""

    REPAIRED = auto()
    MANUAL = auto()
    REPAIRED_AND_MANUAL = auto()  # one check repaired, another needs a person
    COMPLIANT = auto()
    PUBLISHED = auto()  # only the window's summary is published
    FAILED = auto()
    FAILED_AFTER_THE_WRITE = auto()
    DEAD = auto()  # in the dead-letter queue; repaired and published after it is redriven


@dataclass(frozen=True, slots=True)
class Step:
    """One AWS call of the flow: the first one with this name and about this after `skip` others.

    `about` is what the body of a call to DynamoDB, SQS or SNS contains.
    """

    name: str
    service: str
    operation: str
    denied: End
    skip: int = 0
    about: str = "{bucket}"
    act: Act = Act.CREATE
    before: tuple[str, dict[str, Any]] | None = None  # a fault that makes the flow reach this step
    late: float = LATE_SECONDS  # longer than the step's client waits
    tries: int = TRIES  # the attempts that the step's client makes


@dataclass(frozen=True, slots=True)
class Fault:
    """How a call fails: the arguments of `LocalCloud.inject_fault`, without the call's scope."""

    name: str
    kind: str
    times: int | None
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """One combination."""

    step: Step
    fault: Fault
    end: End
    again: Step | None = None  # the step at which the delivery that takes over is killed too

    def __str__(self) -> str:
        name = f"{self.step.name}: {self.fault.name}"
        return f"{name}, then at: {self.again.name}" if self.again else name


KILLED = Fault("killed", "delay", 3, {"seconds": LATE_SECONDS})
"""The call and its client's retries are delayed until the process is dead; then they take effect."""

SNS_FAILS = ("Publish", {"times": TRIES})
_S3_DENIES = ("PutBucketEncryption", {"times": None, "status": 403, "code": "AccessDenied"})
COUNT_REFUSAL = "count the refusal"
WINDOW, _ENTRY = "window#{bucket}", '"{bucket}#'
"""In bodies of calls to DynamoDB: the id of the bucket's alert window, and the ids of its entries."""

STEPS = [
    Step("read", "s3", "GetBucketEncryption", End.FAILED),
    Step("describe the key", "kms", "DescribeKey", End.REPAIRED_AND_MANUAL, act=Act.TEAM_KEY),
    Step("read the bucket's policy", "s3", "GetBucketPolicy", End.FAILED),
    Step("read whether it is public", "s3", "GetBucketPolicyStatus", End.FAILED, act=Act.OPEN_UP),
    Step("read the website", "s3", "GetBucketWebsite", End.FAILED),
    Step("read the ACL", "s3", "GetBucketAcl", End.FAILED),
    Step("read the replication", "s3", "GetBucketReplication", End.FAILED),
    Step("read the key's policy", "kms", "GetKeyPolicy", End.MANUAL, act=Act.OPEN_UP),
    Step("list the key's policies", "kms", "ListKeyPolicies", End.MANUAL, act=Act.OPEN_UP),
    Step("open the entry", "dynamodb", "PutItem", End.DEAD, about=_ENTRY),
    Step("look once more", "s3", "GetBucketEncryption", End.FAILED, skip=1),
    Step("write", "s3", "PutBucketEncryption", End.FAILED),
    Step("read back", "s3", "GetBucketEncryption", End.FAILED_AFTER_THE_WRITE, skip=2),
    Step("close the entry", "dynamodb", "TransactWriteItems", End.DEAD, about=_ENTRY),
    Step("read the tags", "s3", "GetBucketTagging", End.REPAIRED),
    Step("read the window", "dynamodb", "GetItem", End.DEAD, about=WINDOW),
    Step("remind itself", "sqs", "SendMessage", End.DEAD),
    Step("count", "dynamodb", "PutItem", End.DEAD, about=WINDOW),
    Step("publish", "sns", "Publish", End.DEAD),
    Step("read the window again", "dynamodb", "GetItem", End.DEAD, skip=1, about=WINDOW),
    Step("mark as published", "dynamodb", "PutItem", End.DEAD, skip=1, about=WINDOW),
    Step("add to the snapshot", "dynamodb", "UpdateItem", End.DEAD, about="bucket#{bucket}"),
    Step("look for an earlier attempt", "dynamodb", "GetItem", End.DEAD, about=_ENTRY, before=SNS_FAILS),
    Step("close the entry of a refusal", "dynamodb", "PutItem", End.DEAD, 1, about=_ENTRY, before=_S3_DENIES),
    Step(COUNT_REFUSAL, "dynamodb", "PutItem", End.DEAD, about=WINDOW, before=_S3_DENIES),
]

_BY_NAME = {step.name: step for step in STEPS}
_TAKEOVER = [
    "look for an earlier attempt",
    "open the entry",
    "close the entry",
    "read the tags",
    "count",
    "publish",
]

_THROTTLED = {
    "s3": (503, "SlowDown"),
    "kms": (400, "ThrottlingException"),
    "dynamodb": (400, "ProvisionedThroughputExceededException"),
    "sns": (400, "Throttled"),
    "sqs": (403, "RequestThrottled"),
}
_BROKEN = {
    "s3": (500, "InternalError"),
    "kms": (500, "KMSInternalException"),
    "dynamodb": (500, "InternalServerError"),
    "sns": (500, "InternalError"),
    "sqs": (500, "InternalError"),
}
_UNAVAILABLE = {
    "s3": (503, "ServiceUnavailable"),
    "kms": (503, "DependencyTimeoutException"),
    "dynamodb": (503, "ServiceUnavailable"),
    "sns": (503, "ServiceUnavailable"),
    "sqs": (503, "ServiceUnavailable"),
}
DENIED = {
    "s3": (403, "AccessDenied"),
    "kms": (400, "AccessDeniedException"),
    "dynamodb": (400, "AccessDeniedException"),
    "sns": (403, "AuthorizationError"),
    "sqs": (403, "AccessDenied"),
}


def rows() -> Iterator[Row]:
    """Every combination."""
    for step in STEPS:
        usual = usual_end(step)
        for fault in passing(step):
            yield Row(step, fault, usual)
        yield Row(step, error("denied", None, *DENIED[step.service]), step.denied)


def deaths() -> Iterator[Row]:
    """The function is killed at each call of the flow, then also at each call of a takeover.

    "Before call n takes effect" and "after call n-1" leave the same state, and a delayed call takes effect
    after its caller is dead. So one kill at each call covers both sides of every call.
    """
    for step in STEPS:
        if step.before is None:
            yield Row(step, KILLED, usual_end(step))
    for name in _TAKEOVER:
        yield Row(_BY_NAME["read back"], KILLED, End.REPAIRED, again=_BY_NAME[name])


def usual_end(step: Step) -> End:
    """How a step's event ends unless the call is denied."""
    if step.act is Act.OPEN_UP:
        return End.MANUAL
    return End.FAILED if step.before == _S3_DENIES else End.REPAIRED


def passing(step: Step) -> Iterator[Fault]:
    """The temporary faults at a step."""
    broken = dict(zip(("status", "code"), _BROKEN[step.service], strict=True))
    for times, how in ((1, "once"), (step.tries, "beyond the client's retries")):
        yield error(f"throttled {how}", times, *_THROTTLED[step.service])
        yield error(f"500 {how}", times, *_BROKEN[step.service])
        yield error(f"503 {how}", times, *_UNAVAILABLE[step.service])
        yield Fault(f"answer lost {how}", "lost_response", times, broken)
        if step.operation in CONFLICTING:
            yield error(f"409 {how}", times, 409, "OperationAborted")
    yield Fault("times out, then acts late", "delay", 1, {"seconds": step.late})


def error(name: str, times: int | None, status: int, code: str) -> Fault:
    return Fault(name, "error", times, {"status": status, "code": code})
