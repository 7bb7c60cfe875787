"""The deployed stack: its rules, queues and functions, read from the template.

The only module of the scenarios that knows how the product is made: it loads the functions' handlers and
replaces the three things that Lambda and AWS give to a function: the clients, the clock and the
environment variables.
"""

from __future__ import annotations

import importlib.util
import io
import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from types import ModuleType
from typing import Any

import botocore.session
import pytest
from samtranslator.yaml_helper import yaml_parse

from localcloud.client.handle import REPOSITORY
from tests.scenarios.world.aws.account import ACCOUNT, REGION, Account, Death
from tests.scenarios.world.aws.messages import Queue, Queued, Queues
from tests.scenarios.world.patterns import matches
from tests.support.translated import SOURCE, of_type, resolved

SESSION = "reseal.runtime.wiring.clients.get_session"
CLOCK = "reseal.runtime.wiring.clients.SystemClock"
KEYS = {"RemediationKey": "00000000-0000-0000-0000-0000000000aa", "TrailKey": "trail", "AlertsKey": "alerts"}
"""The ids that the template's keys get."""

_IN_TEXT = re.compile(r"\$\{(\w+)\}")

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One Lambda function: the folder of its code and its environment variables."""

    folder: str
    variables: Mapping[str, str]
    timeout: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Lambda's context of one invocation."""

    aws_request_id: str
    function_name: str = "function"
    milliseconds: int = 60_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


@dataclass(frozen=True, slots=True)
class Delivered:
    """One delivery of one message to its function."""

    at: datetime
    body: str


@dataclass(slots=True)
class Stack:
    """Routes events by the rules' patterns, and runs the functions in execution environments by name."""

    account: Account
    parameters: Mapping[str, str]
    monkeypatch: pytest.MonkeyPatch
    queues: Queues = field(init=False)
    log: list[dict[str, Any]] = field(default_factory=list)
    deliveries: list[Delivered] = field(default_factory=list)
    _apps: dict[tuple[str, str], ModuleType] = field(default_factory=dict)
    _invocations: int = 0

    def __post_init__(self) -> None:
        self.queues = Queues(self.account)
        self.queues.queues |= _queues(self.template, self.account)

    @property
    def template(self) -> dict[str, Any]:
        return self._resolved(self.parameters)

    def _resolved(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        place = {
            "AWS::Partition": self.account.partition,
            "AWS::Region": self.account.region,
            "AWS::URLSuffix": _dns_suffixes()[self.account.partition],
        }
        return _template(tuple(sorted((place | {"Mode": "enforce", **parameters}).items())))

    @property
    def k(self) -> str:
        """The ARN of the stack's own key."""
        return _key_arn(self.account.partition, self.account.region, "RemediationKey")

    @property
    def key_policy(self) -> dict[str, Any]:
        """The policy of a key that a stack makes, also if this one was given another."""
        template = self._resolved({**self.parameters, "KmsKeyArn": ""})
        policy: dict[str, Any] = template["Resources"]["RemediationKey"]["Properties"]["KeyPolicy"]
        return policy

    def dispatch(self, event: Event, *, routed_as: Event | None = None) -> None:
        """Put the event on the queue of each rule that matches it, or that matches `routed_as`."""
        for rule in of_type(self.template, "AWS::Events::Rule").values():
            if rule.get("State", "ENABLED").startswith("ENABLED") and matches(
                rule["EventPattern"], routed_as or event
            ):
                for target in rule["Targets"]:
                    self.queues.queues[_name(target["Arn"])].send(json.dumps(event))

    def work_off(self, environment: str) -> None:
        """Let the functions process what is due, batch by batch."""
        for queue in self.queues.queues.values():
            while queue.function and (batch := queue.due()):
                queue.settle(batch, self._invoke(queue.function, batch, environment))
        for mistake in self.account.mistakes:
            raise mistake

    def _invoke(self, name: str, batch: list[Queued], environment: str) -> set[str]:
        """The ids of the messages that the function returned; all of them if its process died.

        A dead process is replaced: the next invocation has no answers of the one before.
        """
        self._invocations += 1
        for message in batch:
            message.received += 1
            self.deliveries.append(Delivered(at=self.account.clock.now(), body=message.body))
        function = _functions(self.template)[name]
        with self._lambda(function):
            app = self._app(function, environment)
            app.logger.registered_handler.setStream(sys.stdout)
            try:
                answer = app.handler(
                    {"Records": [_sqs_record(message) for message in batch]},
                    Context(aws_request_id=f"{self._invocations}", milliseconds=1000 * function.timeout),
                )
            except Death:
                del self._apps[function.folder, environment]
                return {message.id for message in batch}
        return {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}

    def _app(self, function: Function, environment: str) -> ModuleType:
        """The function's module: a new one for each execution environment, with caches of its own."""
        if (function.folder, environment) not in self._apps:
            self._apps[function.folder, environment] = _load(function.folder)
        return self._apps[function.folder, environment]

    @contextmanager
    def _lambda(self, function: Function) -> Iterator[None]:
        """What Lambda gives to a function, for the time of one invocation."""
        written = io.StringIO()
        with self.monkeypatch.context() as patched:
            for name, value in {**function.variables, "AWS_REGION": self.account.region}.items():
                patched.setenv(name, str(value))
            patched.setattr(CLOCK, lambda: self.account.clock)
            patched.setattr(SESSION, _session)
            patched.setattr(
                botocore.session.Session,
                "create_client",
                lambda _session, service, *_, **__: self.account.client(service),
            )
            patched.setattr("sys.stdout", written)
            yield
        self.log += [json.loads(line) for line in written.getvalue().splitlines() if line.startswith("{")]


@cache
def _session() -> botocore.session.Session:
    """One for all: it keeps nothing of an execution environment, and its making takes half of a scenario."""
    return botocore.session.get_session()


def _load(folder: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("app", REPOSITORY / folder / "app.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(folder)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _sqs_record(message: Queued) -> dict[str, Any]:
    return {
        "messageId": message.id,
        "receiptHandle": "handle",
        "body": message.body,
        "attributes": {"ApproximateReceiveCount": str(message.received)},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "awsRegion": REGION,
    }


# --- the template ------------------------------------------------------------------------------------


@cache
def _template(parameters: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    values = dict(parameters)
    keys = {name: _key_arn(values["AWS::Partition"], values["AWS::Region"], name) for name in KEYS}
    named = {f"{name}.Arn": arn for name, arn in keys.items()}
    physical: dict[str, Any] = _physical(resolved(**named, **values), keys)
    return physical


def _key_arn(partition: str, region: str, name: str) -> str:
    return f"arn:{partition}:kms:{region}:{ACCOUNT}:key/{KEYS[name]}"


def _physical(value: Any, keys: Mapping[str, str]) -> Any:
    """The names that resources get: a queue's URL, a key's ARN, else the logical id."""
    match value:
        case {"Fn::GetAtt": [str(name), "Arn"]}:
            return keys.get(name, f"arn:aws:any:{REGION}:{ACCOUNT}:{name}")
        case {"Ref": str(name)}:
            return _reference(name)
        case dict():
            return {name: _physical(one, keys) for name, one in value.items()}
        case list():
            return [_physical(one, keys) for one in value]
        case str():
            return _IN_TEXT.sub(r"\1", value)
    return value


def _reference(name: str) -> str:
    if name.endswith("Queue"):
        return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
    return f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts" if name == "AlertTopic" else name


@cache
def _dns_suffixes() -> dict[str, str]:
    endpoints = botocore.session.get_session().get_data("endpoints")
    return {partition["partition"]: partition["dnsSuffix"] for partition in endpoints["partitions"]}


def _name(arn: str) -> str:
    return arn.rpartition(":")[2]


def _queues(template: Mapping[str, Any], account: Account) -> dict[str, Queue]:
    sources = {
        _name(mapping["EventSourceArn"]): mapping
        for mapping in of_type(dict(template), "AWS::Lambda::EventSourceMapping").values()
    }
    return {
        name: Queue(
            name=name,
            clock=account.clock,
            delay=float(queue.get("DelaySeconds", 0)),
            visibility=float(queue.get("VisibilityTimeout", 30)),
            most_receives=int(queue.get("RedrivePolicy", {}).get("maxReceiveCount", 1000)),
            batch=int(sources.get(name, {}).get("BatchSize", 10)),
            function=sources.get(name, {}).get("FunctionName"),
        )
        for name, queue in of_type(dict(template), "AWS::SQS::Queue").items()
    }


def _functions(template: Mapping[str, Any]) -> dict[str, Function]:
    return {
        name: Function(
            folder=_folders()[name],
            variables=function["Environment"]["Variables"],
            timeout=int(function["Timeout"]),
        )
        for name, function in of_type(dict(template), "AWS::Lambda::Function").items()
    }


@cache
def _folders() -> dict[str, str]:
    """The folder of each function's code, from the template before it is translated."""
    source = yaml_parse(SOURCE.read_text())["Resources"]
    functions = {n: r["Properties"] for n, r in source.items() if r["Type"] == "AWS::Serverless::Function"}
    return {name: function["CodeUri"] for name, function in functions.items()}
