"""The law of alerts: each violation is reported by its window's end, and never in more than ten messages.

A generated scenario floods one bucket: many writers, equal and different violations, looks, deliveries that
come twice, and invocations that die at any of their calls. RESEAL_ALERT_SCENARIOS is how many are tried.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reseal.core.alerts.window import LATE, MOST_MESSAGES
from reseal.core.calls.look import Look
from reseal.core.calls.queue_message import look_body, reminder_body
from reseal.core.findings.message import Message
from reseal.core.policy.requirements import Mode
from reseal.core.resource import ObjectResource
from tests.support.builders import BUCKET, SSE_KMS, STRANGER_KEY, a_policy, object_encryption
from tests.support.fakes.services import Crash
from tests.unit.resources.object.stage import SSE_C, Stage, an_event

SCENARIOS = int(os.environ.get("RESEAL_ALERT_SCENARIOS", "60"))
WINDOW = 900
AGAIN = timedelta(seconds=400)
"""After which SQS delivers a message again: longer than the ledger's lease."""

MOST_DEATHS = 4
"""That delay a violation or its summary in one scenario."""
HEADER = "x-amz-server-side-encryption"
KINDS: dict[str, tuple[Any, dict[str, str]]] = {
    "MEDIUM": (object_encryption(), {HEADER: "AES256"}),
    "SSE-C": (SSE_C, {f"{HEADER}-customer-algorithm": "AES256"}),
    "foreign": (
        object_encryption(SSE_KMS, STRANGER_KEY),
        {HEADER: "aws:kms", f"{HEADER}-aws-kms-key-id": STRANGER_KEY},
    ),
}
"""How the object is encrypted, and what S3 answered to its writer."""


@dataclass(frozen=True)
class Act:
    """Writes of one kind, by one of so many writers each, in one batch, then a pause."""

    kind: str
    writes: int
    writers: int
    first_writer: int
    looks: int
    comes_twice: bool
    dies_at: int | None
    pause: int


acts = st.builds(
    Act,
    kind=st.sampled_from(sorted(KINDS)),
    writes=st.sampled_from([1, 1, 2, 5, 12, 50]),
    writers=st.sampled_from([1, 1, 2, 60]),
    first_writer=st.integers(0, 3),
    looks=st.sampled_from([0, 0, 0, 1]),
    comes_twice=st.booleans(),
    dies_at=st.none() | st.integers(0, 40),
    pause=st.sampled_from([0, 1, 30, 400, 899, 1000]),
)


@dataclass(frozen=True)
class Violation:
    who: str | None
    kind: str
    at: datetime

    @property
    def reported_by(self) -> datetime:
        """The end of its window, however many deliveries died on the way."""
        return self.at + timedelta(seconds=WINDOW) + LATE + MOST_DEATHS * AGAIN


@dataclass
class Queue:
    """The lane's queue: what is due when, as often as it takes."""

    stage: Stage
    waiting: list[tuple[datetime, tuple[str, ...], int]] = field(default_factory=list)

    def send(self, *bodies: str, after: timedelta = timedelta(0)) -> None:
        self.waiting.append((self.stage.cloud.cloud.clock.time + after, bodies, 1))

    def pass_time(self, seconds: float) -> None:
        """Time goes by, and what is due is delivered. Queued reminders are messages, too."""
        clock = self.stage.cloud.cloud.clock
        end = clock.time + timedelta(seconds=seconds)
        while self._take_reminders() and min(self.waiting)[0] <= end:
            due, bodies, times = self.waiting.pop(self.waiting.index(min(self.waiting)))
            clock.time = max(clock.time, due)
            if not self._delivered(bodies, times):
                self.waiting.append((clock.time + AGAIN, bodies, times + 1))
        clock.time = max(clock.time, end)

    def _delivered(self, bodies: tuple[str, ...], times: int) -> bool:
        try:
            failed = self.stage.deliver(*bodies, times=times)
        except Crash:
            steps = self.stage.cloud.cloud.steps
            steps.dies_after = steps.dies_before = None
            return False
        assert not failed
        return True

    def _take_reminders(self) -> bool:
        reminders = self.stage.cloud.cloud.reminders
        for reminder, seconds in reminders.sent:
            self.send(reminder_body(reminder), after=timedelta(seconds=seconds))
        reminders.sent.clear()
        return bool(self.waiting)


@dataclass
class Subscriber:
    """Keeps each message with the time and the window in which it was sent."""

    stage: Stage
    messages: list[tuple[datetime, str, Message]] = field(default_factory=list)

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        topic = self.stage.cloud.cloud.topic
        publish = topic.publish

        def kept(message: Message) -> None:
            stored = self.stage.cloud.cloud.windows.read(BUCKET)
            publish(message)
            self.messages.append((self.stage.cloud.cloud.clock.time, stored.id if stored else "", message))

        monkeypatch.setattr(topic, "publish", kept)

    @property
    def distinct_messages(self) -> dict[str, int]:
        """The messages of each window; those that differ in no finding's id count once."""
        windows: dict[str, set[frozenset[str]]] = {}
        for _, window, message in self.messages:
            ids = frozenset(finding["id"] for finding in _findings(message))
            windows.setdefault(window, set()).add(ids)
        return {window: len(messages) for window, messages in windows.items()}

    def count_of(self, kind: str) -> int:
        """The violations that the messages count; those of other kinds may be among them."""
        counts: dict[str, int] = {}
        for _, _, message in self.messages:
            for finding in _findings(message):
                if finding["actor"] is None or _kind_of(finding) == kind:
                    many = (finding["occurrences"] or {"count": 1})["count"]
                    counts[finding["id"]] = max(many, counts.get(finding["id"], 0))
        return sum(counts.values())

    def reports(self, violation: Violation) -> bool:
        """Whether a message in time stands for the violation, under its actor or under none."""
        return any(
            at <= violation.reported_by and _stands_for(finding, violation)
            for at, _, message in self.messages
            for finding in _findings(message)
        )


def arn(writer: int) -> str:
    return f"arn:aws:iam::111122223333:user/writer-{writer}"


@dataclass
class Scenario:
    """The lane, its queue, its subscriber, and every violation."""

    stage: Stage
    queue: Queue
    violations: list[Violation] = field(default_factory=list)
    written: int = 0

    def play(self, act: Act) -> None:
        steps, bodies = self.stage.cloud.cloud.steps, []
        for number in range(act.writes):
            bodies.append(self._write(act.kind, arn(act.first_writer + number % act.writers)))
        for number in range(act.looks):
            bodies.append(self._look(act.kind, f"look-{self.written}-{number}"))
        if act.dies_at is not None:
            steps.dies_after = len(steps.taken) + act.dies_at
        for _ in range(1 + act.comes_twice):
            self.queue.send(*bodies)
        self.queue.pass_time(act.pause)
        steps.dies_after = None

    def _write(self, kind: str, who: str) -> str:
        self.written += 1
        encryption, answer = KINDS[kind]
        key, now = f"{self.written}.csv", self.stage.cloud.cloud.clock.time
        self.stage.cloud.objects.put(BUCKET, key, encryption=encryption)
        self.violations.append(Violation(who=who, kind=kind, at=now.replace(microsecond=0)))
        return an_event(
            key,
            self.written,
            eventTime=f"{now:%Y-%m-%dT%H:%M:%SZ}",
            userIdentity={"type": "IAMUser", "arn": who, "accountId": "111122223333"},
            responseElements=answer,
        )

    def _look(self, kind: str, event_id: str) -> str:
        now = self.stage.cloud.cloud.clock.time
        self.violations.append(Violation(who=None, kind=kind, at=now))
        there = ObjectResource(bucket=BUCKET, object_key=f"{self.written}.csv")
        return look_body(Look(event_id=event_id, time=now, resource=there))


@settings(
    max_examples=SCENARIOS,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(scenario_of=st.lists(acts, min_size=1, max_size=8))
def test_every_violation_is_reported_in_time_in_a_bounded_number_of_messages(
    scenario_of: list[Act], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(policy=a_policy(mode=Mode.DETECT), window_seconds=WINDOW)
    scenario, subscriber = Scenario(stage, Queue(stage)), Subscriber(stage)
    with monkeypatch.context() as patched:
        subscriber.watch(patched)

        for act in scenario_of:
            scenario.play(act)
        while scenario.queue.waiting or stage.cloud.cloud.reminders.sent:
            scenario.queue.pass_time(WINDOW)

    unreported = [violation for violation in scenario.violations if not subscriber.reports(violation)]
    assert unreported == []
    assert max(subscriber.distinct_messages.values()) <= MOST_MESSAGES
    for kind in KINDS:
        assert subscriber.count_of(kind) >= sum(one.kind == kind for one in scenario.violations)


def _findings(message: Message) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(message.document)["findings"]
    return found


def _kind_of(finding: dict[str, Any]) -> str:
    if finding["severity"] != "CRITICAL":
        return "MEDIUM"
    return "SSE-C" if finding["before"]["algorithm"] == "SSE-C" else "foreign"


def _stands_for(finding: dict[str, Any], violation: Violation) -> bool:
    who = finding["actor"]["who"] if finding["actor"] else None
    several = finding["occurrences"] or {"first": finding["seen_at"], "last": finding["seen_at"]}
    first, last = (datetime.fromisoformat(several[name]) for name in ("first", "last"))
    return who in (None, violation.who) and first <= violation.at <= last
