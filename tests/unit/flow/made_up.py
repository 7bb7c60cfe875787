"""A made-up lane: KMS keys with two settings, which no product file knows, and what AWS holds of them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from reseal.core.calls.look import Look
from reseal.core.checks import catalogue
from reseal.core.checks.catalogue import CHECK_BY_ID, Check, Decisions, decisions_of
from reseal.core.decision import CHECK_IS_OFF, Compliant, Decision, Exempt, Remediate, Severity
from reseal.core.errors import MalformedEventError, RefusalError, TransientError
from reseal.core.findings.event_result import EventResult
from reseal.core.findings.render.message import message_of
from reseal.core.outcome import Applied, Outcome, SkipCause, Skipped
from reseal.core.policy.policy import Policy
from reseal.core.policy.requirements import Mode, Requirements
from reseal.core.refusal import outcome_of_refusal
from reseal.core.repairs.ledger_entry import CHANGES, STATES
from reseal.core.repairs.repair import Repair, repairs_of
from reseal.core.resource import KeyResource
from reseal.flow.batch import Batch
from reseal.flow.delivery import Delivery
from reseal.flow.flow import Flow
from reseal.flow.result import result_of
from reseal.flow.stages import Ended, Entry, Parsed, Planned
from reseal.runtime.deadline import Deadline
from tests.support.builders import a_policy, key_arn
from tests.support.fakes.executor import OneByOne
from tests.support.fakes.services import NOON, FakeCloud

ROTATION, LABEL = "MadeUpRotation", "UpdateKeyDescription"
REQUIRED = {ROTATION: "yearly", LABEL: "payroll"}
WRONG = {ROTATION: "never", LABEL: "test"}
CHECK_OF = {ROTATION: "KMS.MadeUpRotation", LABEL: "KMS.KeyLabel"}
LEASE = timedelta(seconds=100)
AFTER_THE_LEASE = LEASE + timedelta(seconds=1)
A_KEY, OTHER_KEY = key_arn("a"), key_arn("b")
OFF = a_policy(check_modes=dict.fromkeys(CHECK_OF.values(), Mode.OFF))
ENFORCING = a_policy(check_modes=dict.fromkeys(CHECK_OF.values(), Mode.ENFORCE))

KeyLook = Look[KeyResource]


@dataclass(frozen=True)
class Text:
    """A made-up state."""

    text: str

    @property
    def in_words(self) -> str:
        return f"the text {self.text}"

    def equals(self, other: Text) -> bool:
        return self == other

    def meets(self, intended: Text) -> bool:
        return self == intended

    def to_document(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Become:
    """A made-up change."""

    setting: str
    text: str
    key_arn: str | None = None

    def applied_to(self, _found: Text) -> Text:
        return Text(self.text)

    def to_document(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class KeyNow:
    """A key as KMS shows it."""

    settings: Mapping[str, Text]


@dataclass(frozen=True)
class KeyPlan:
    """One write of a key's setting."""

    repair: Repair

    @property
    def action(self) -> str:
        return self.repair.setting

    @property
    def details(self) -> Mapping[str, str]:
        return {"named": f"before it was {self.repair.before.in_words}"}


@contextmanager
def registered() -> Iterator[None]:
    """The made-up settings, changes and checks, as a product file would register them."""
    checks = [_check(setting) for setting in REQUIRED]
    with pytest.MonkeyPatch.context() as patch:
        for setting in REQUIRED:
            patch.setitem(STATES, setting, lambda document: Text(**document))
            patch.setitem(CHANGES, setting, lambda document: Become(**document))
        others = [check for check in catalogue.CHECKS if check.resource is not KeyResource]
        patch.setattr(catalogue, "CHECKS", (*others, *checks))
        for check in checks:
            patch.setitem(CHECK_BY_ID, check.id, check)  # type: ignore[arg-type]  # a dict
        yield


def _check(setting: str) -> Check:
    def decide(_required: Requirements, _call: KeyLook, observed: KeyNow) -> Decision:
        if observed.settings[setting].text.startswith(REQUIRED[setting]):
            return Compliant("it is as required")
        change = Become(setting, REQUIRED[setting])
        return Remediate(change=change, severity=Severity.MEDIUM, reason=f"{setting} was not called")

    return Check(
        id=CHECK_OF[setting],
        title=setting,
        requires=lambda _: REQUIRED[setting],
        controls=(),
        resource=KeyResource,
        setting=setting,  # type: ignore[arg-type]  # no member of the enumeration
        calls=frozenset(),
        decide=decide,
    )


@dataclass
class Keys:
    """What KMS holds, by key and setting. A key that is not in `state` does not exist.

    `refuses` and `fails` hold, by step, what its next calls raise. `writes` keeps every write.
    """

    cloud: FakeCloud
    state: dict[str, dict[str, Text]] = field(default_factory=dict)
    failures: defaultdict[str, list[Exception]] = field(default_factory=lambda: defaultdict(list))
    writes: list[tuple[str, str, str]] = field(default_factory=list)

    def read(self, key: str) -> dict[str, Text]:
        with self.cloud.steps.step("read key", self.failures[f"read {key}"]):
            return dict(self.state[key])

    def put(self, key: str, setting: str, text: Text) -> None:
        with self.cloud.steps.step(f"put {setting}", self.failures[f"put {setting}"]):
            self.state[key][setting] = text
            self.writes.append((key, setting, text.text))


@dataclass(frozen=True)
class KeyKind:
    """`Kind` of keys."""

    keys: Keys
    cloud: FakeCloud
    settings = tuple(REQUIRED)
    lease = LEASE

    @property
    def checks(self) -> tuple[Check, ...]:
        return tuple(CHECK_BY_ID[check] for check in CHECK_OF.values())

    def parse(self, body: str) -> KeyLook | None:
        if body == "nothing to do":
            return None
        try:
            asked = json.loads(body)
        except ValueError as error:
            raise MalformedEventError("the message is not JSON") from error
        time = NOON + timedelta(seconds=asked["second"])
        return Look(event_id=asked["id"], time=time, resource=KeyResource(kms_key=asked["key"]))

    def superseded(self, parsed: Mapping[str, Parsed[KeyLook]]) -> Mapping[str, Skipped]:
        reason = Skipped(cause=SkipCause.NEWER, reason="another message replaces it")
        return {m: reason for m, one in parsed.items() if one.trigger.event_id == "superseded"}

    def exempt(self, required: Requirements, look: KeyLook) -> Exempt | Skipped | None:
        if look.event_id == "elsewhere":
            return Skipped(cause=SkipCause.ELSEWHERE, reason="another account judges it")
        return CHECK_IS_OFF if required.mode_of(CHECK_OF[LABEL]) is Mode.OFF else None

    def observe(self, _required: Requirements, look: KeyLook) -> tuple[KeyLook, KeyNow]:
        return look, KeyNow(settings=self.keys.read(look.resource.kms_key))

    def by_record(self, _required: Requirements, _look: KeyLook, _now: KeyNow | None) -> Decisions:
        return {}

    def decide(self, required: Requirements, look: KeyLook, now: KeyNow) -> Decisions | Skipped:
        return decisions_of(required, look, now)

    def plan(
        self, required: Requirements, _look: KeyLook, now: KeyNow, decisions: Decisions
    ) -> Planned[KeyPlan]:
        repairs = repairs_of(required, now.settings, decisions)
        return Planned(decisions=decisions, plans={repair.setting: KeyPlan(repair) for repair in repairs})

    def reconsider(self, judged: Mapping[str, Any]) -> Mapping[str, Any]:
        return judged

    def write(self, _judged: Any, plan: KeyPlan, entry: Entry) -> Entry:
        return replace(entry, outcome=self._written(plan, entry))

    def _written(self, plan: KeyPlan, entry: Entry) -> Outcome:
        key, repair = entry.resource.arn("aws"), plan.repair
        try:
            self.keys.put(key, repair.setting, repair.intended)  # type: ignore[arg-type]
            found = self.keys.read(key)[repair.setting]
        except RefusalError as refusal:
            return outcome_of_refusal(refusal, entry.resource.kind)
        if not found.meets(repair.intended):  # type: ignore[arg-type]
            raise TransientError("the write is not seen yet")
        return Applied(after=found, at=self.cloud.clock.now())

    def find_out(self, entry: Entry, now: KeyNow) -> Outcome | None:
        found = now.settings[entry.setting]
        return Applied(after=found, at=self.cloud.clock.now()) if found.meets(entry.intended) else None


@dataclass(frozen=True)
class KeyUndoer(KeyKind):
    """Plans the undone repairs of these entries instead of what the checks want."""

    entries: tuple[Entry, ...] = ()

    def plan(
        self, _required: Requirements, _look: KeyLook, _now: KeyNow, decisions: Decisions
    ) -> Planned[KeyPlan]:
        repairs = (
            Repair(setting=one.setting, before=one.before, intended=one.intended, checks=())
            for one in self.entries
        )
        plans = {repair.setting: KeyPlan(repair.undone) for repair in repairs}
        return Planned(decisions=decisions, plans=plans)


@dataclass(frozen=True)
class KeyReporter:
    """One message with the findings of each event."""

    cloud: FakeCloud

    def report(self, batch: Batch, ended: Mapping[str, Ended[Any, Any, Any]]) -> None:
        batch.for_each(self._report, ended)

    def _report(self, ended: Ended[Any, Any, Any]) -> None:
        event_result = result_of(ended)
        if event_result.findings:
            self.cloud.topic.publish(message_of(event_result.findings))
        self.cloud.telemetry.record(event_result)


@dataclass(kw_only=True)
class Stage:
    """One deployment of the made-up lane."""

    policy: Policy = ENFORCING
    cloud: FakeCloud = field(default_factory=lambda: FakeCloud.holding({}, {}))
    deadline: Deadline = field(default_factory=Deadline)
    workers: Executor = field(default_factory=OneByOne)
    seconds_to_record: float = 0.0
    seconds_for_one: float = 0.0
    seconds_to_end: float = 0.0
    undone: tuple[Entry, ...] = ()
    invocations: int = 0

    def __post_init__(self) -> None:
        self.keys = Keys(self.cloud)
        for key in (A_KEY, OTHER_KEY):
            self.keys.state[key] = {setting: Text(text) for setting, text in WRONG.items()}

    def deliver(self, *bodies: str, times: int = 1) -> dict[str, Exception]:
        """One batch: message `m1`, `m2` ... The ones that go back, and why."""
        self.invocations += 1
        deliveries = {
            f"m{number}": Delivery(
                body=body, receive_count=times, invocation=f"invocation-{self.invocations}/m{number}"
            )
            for number, body in enumerate(bodies, 1)
        }
        kind = (
            KeyUndoer(self.keys, self.cloud, self.undone) if self.undone else KeyKind(self.keys, self.cloud)
        )
        flow: Flow[KeyLook, KeyNow, KeyPlan] = Flow(
            policy=self.policy,
            kind=kind,
            reporter=KeyReporter(self.cloud),
            ledger=self.cloud.ledger,
            clock=self.cloud.clock,
            deadline=self.deadline,
            workers=self.workers,
            seconds_to_record=self.seconds_to_record,
            seconds_for_one=self.seconds_for_one,
            seconds_to_end=self.seconds_to_end,
        )
        return dict(flow.run(deliveries))

    def undo(self, look: str) -> dict[str, Exception]:
        """Undo every write in the ledger, as one event."""
        self.undone = tuple(self.cloud.ledger.entries)
        return self.deliver(look)

    def is_now(self, key: str = A_KEY) -> dict[str, str]:
        """The settings of a key."""
        return {setting: state.text for setting, state in self.keys.state[key].items()}

    @property
    def results(self) -> dict[str, str]:
        """How each event ended, in the order of the log."""
        return {one.call.event_id: one.result.value for one in self.recorded}

    @property
    def recorded(self) -> list[EventResult]:
        return self.cloud.telemetry.recorded

    @property
    def statuses(self) -> dict[str, str]:
        """What a subscriber got, by check: the status of the last finding."""
        return {finding["check"]: finding["status"] for finding in self.cloud.topic.findings}

    @property
    def open_entries(self) -> list[Entry]:
        return [entry for entry in self.cloud.ledger.entries if entry.outcome is None]


def a_look(event_id: str = "event-1", *, key: str = A_KEY, second: int = 0) -> str:
    """A message about a key."""
    return json.dumps({"id": event_id, "key": key, "second": second})
