"""An AWS account in memory, behind boto3's clients: what it holds, what was called, and what it refuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from threading import RLock
from types import SimpleNamespace
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters

ACCOUNT, REGION = "111122223333", "us-east-1"
NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)

Operation = Callable[..., Mapping[str, Any]]


class Death(BaseException):
    """The process that made the call is dead: time-out, out of memory. Nothing in the product catches it."""


PERMISSIONS = {
    "s3:GetBucketEncryption": ["s3:GetEncryptionConfiguration"],
    "s3:PutBucketEncryption": ["s3:PutEncryptionConfiguration"],
    "s3:GetBucketReplication": ["s3:GetReplicationConfiguration"],
    "s3:GetBucketNotificationConfiguration": ["s3:GetBucketNotification"],
    "s3:GetPublicAccessBlock": ["s3:GetBucketPublicAccessBlock"],
    "s3:HeadObject": ["s3:GetObject"],
    "s3:ListObjectsV2": ["s3:ListBucket"],
    "s3:CopyObject": ["s3:GetObject", "s3:PutObject"],
    "s3:CreateMultipartUpload": ["s3:PutObject"],
    "s3:UploadPartCopy": ["s3:GetObject", "s3:PutObject"],
    "s3:CompleteMultipartUpload": ["s3:PutObject"],
    "s3:ListBuckets": ["s3:ListAllMyBuckets"],
    "dynamodb:TransactWriteItems": ["dynamodb:PutItem", "dynamodb:UpdateItem"],
    "dynamodb:TransactGetItems": ["dynamodb:GetItem"],
}
"""The IAM actions of the operations whose names differ."""

_ANSWERED = {"ResponseMetadata": {"HTTPStatusCode": 200, "HTTPHeaders": {}, "RetryAttempts": 0}}


@dataclass(slots=True)
class Clock:
    """The time in this world. It moves only when somebody waits or a call is slow."""

    time: datetime = NOON

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Call:
    """One API call: `name` is the service and the operation, `s3:HeadObject`."""

    name: str
    parameters: Mapping[str, Any]


@dataclass(slots=True)
class Account:
    """Sends each call to its operation. `calls` keeps them all, in order.

    `mistakes` are this account's own, which the product would take for a failure of AWS. `around` is entered
    around what AWS does for each call: it may refuse the call, or end the caller before or after it.
    """

    partition: str = "aws"
    region: str = REGION
    clock: Clock = field(default_factory=Clock)
    calls: list[Call] = field(default_factory=list)
    mistakes: list[Exception] = field(default_factory=list)
    around: Callable[[Call], AbstractContextManager[None]] = field(default=lambda _call: nullcontext())
    _operations: dict[str, Operation] = field(default_factory=dict)
    _refusals: list[tuple[str, str | None, str, int]] = field(default_factory=list)
    _slow: dict[str, float] = field(default_factory=dict)
    _before: dict[str, tuple[Callable[[], None], bool]] = field(default_factory=dict)
    _one_at_a_time: RLock = field(default_factory=RLock)

    def serve(self, service: str, operations: Mapping[str, Operation]) -> None:
        self._operations |= {f"{service}:{name}": operation for name, operation in operations.items()}

    # --- what a test arranges ------------------------------------------------------------------

    def deny(self, action: str, bucket: str | None = None) -> None:
        """From now on AWS denies an IAM action, on one bucket or everywhere."""
        self._refusals.append((action, bucket, "AccessDenied", 403))

    def throttle(self, action: str, bucket: str | None = None) -> None:
        """From now on AWS throttles an IAM action, also after the SDK's retries."""
        self._refusals.append((action, bucket, "SlowDown" if action.startswith("s3:") else "Throttling", 503))

    def allow(self, action: str) -> None:
        """End what `deny` and `throttle` began."""
        self._refusals = [refusal for refusal in self._refusals if refusal[0] != action]

    def slow(self, name: str, seconds: float) -> None:
        """From now on every call of this operation takes `seconds`."""
        self._slow[name] = seconds

    def before(self, name: str, action: Callable[[], None], *, always: bool = False) -> None:
        """Do something right before the next call of this operation, or before each: another caller does."""
        self._before[name] = (action, always)

    def count(self, name: str) -> int:
        return Counter(call.name for call in self.calls)[name]

    # --- what AWS does -------------------------------------------------------------------------

    def client(self, service: str) -> Any:
        return _Client(self, service)

    def call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Any:
        _validate(service, operation, parameters)
        with self._one_at_a_time:
            try:
                answer = dict(self._answer(f"{service}:{operation}", operation, parameters))
                if shape := _model(service).operation_model(operation).output_shape:
                    validate_parameters(answer, shape)
            except ClientError:
                raise
            except Exception as mistake:
                self.mistakes.append(mistake)
                raise
        return _ANSWERED | answer

    def _answer(self, name: str, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        self.calls.append(Call(name, parameters))
        with self.around(self.calls[-1]):
            return self._executed(name, operation, parameters)

    def _executed(self, name: str, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        self.clock.sleep(self._slow.get(name, 0.0))
        if name in self._before:
            action, always = self._before.pop(name)
            if always:
                self._before[name] = (action, always)
            action()
        self._refuse(name, operation, parameters)
        if name not in self._operations:
            raise NotImplementedError(f"this account has no {name}: add it to tests/scenarios/world/aws")
        return self._operations[name](**parameters)

    def _refuse(self, name: str, operation: str, parameters: Mapping[str, Any]) -> None:
        actions = PERMISSIONS.get(name, [name])
        if "VersionId" in parameters:
            actions = [*actions, *(action.replace("Object", "ObjectVersion") for action in actions)]
        for action, bucket, code, status in self._refusals:
            if action in actions and bucket in (None, parameters.get("Bucket")):
                headless = operation.startswith("Head")  # an answer without a body has only its status
                raise error(str(status) if headless else code, status, operation, f"refused: {action}")


def error(code: str, status: int = 400, operation: str = "", message: str = "", **more: Any) -> ClientError:
    """An answer of AWS that refuses, as botocore raises it."""
    answer: Any = {
        "Error": {"Code": code, "Message": message or code},
        "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": {}, "RetryAttempts": 0},
    }
    return ClientError(answer | more, operation)


class _Client:
    """A boto3 client of one service: a method for each operation. Hooks on requests do nothing here."""

    def __init__(self, account: Account, service: str) -> None:
        self._account, self._service = account, service
        nothing = lambda *_, **__: None  # noqa: E731
        hooks = SimpleNamespace(register=nothing, register_first=nothing, register_last=nothing)
        self.meta = SimpleNamespace(events=hooks, region_name=account.region, service_model=_model(service))

    def __getattr__(self, method: str) -> Callable[..., Any]:
        operation = _operation_names(self._service).get(method)
        if operation is None:
            raise AttributeError(f"{self._service} has no {method}")
        return lambda **parameters: self._account.call(self._service, operation, parameters)

    def get_paginator(self, method: str) -> Any:
        """Every answer of this account is one page."""
        return SimpleNamespace(paginate=lambda **parameters: [getattr(self, method)(**parameters)])


def _validate(service: str, operation: str, parameters: Mapping[str, Any]) -> None:
    """As botocore does, which has turned a copy source of a bucket and a key into text before."""
    as_sent = {n: "as text" if n == "CopySource" else value for n, value in parameters.items()}
    validate_parameters(as_sent, _model(service).operation_model(operation).input_shape)


@cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


@cache
def _operation_names(service: str) -> dict[str, str]:
    return {xform_name(name): name for name in _model(service).operation_names}
