"""One case, from the write to the last delivery: until every message is handled or given up."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from reseal.core.calls.object_call import parse_object_call
from reseal.core.calls.queue_message import CloseWindow, reminder_body
from reseal.core.findings.event_result import EventResult
from reseal.core.findings.finding import Finding
from reseal.core.findings.message import Message
from reseal.flow.delivery import Delivery
from tests.cloud.object_soak.cases.cases import Arrival, Case
from tests.cloud.object_soak.cases.races import Expected, race
from tests.cloud.object_soak.cases.records import earlier, event
from tests.cloud.object_soak.cases.snapshot import Seen, see
from tests.cloud.object_soak.cases.writing import SSE, Write, body_of, write
from tests.cloud.object_soak.world.calls import Death, Script
from tests.cloud.object_soak.world.lanes import Lanes

MOST_DELIVERIES = 5
HIDDEN = timedelta(seconds=1802)
MAIN = "main"


@dataclass(slots=True)
class Run:
    """A running case and its results."""

    lanes: Lanes
    case: Case
    of: Write
    before: Seen
    expected: Expected
    event_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    who: str = field(default_factory=lambda: uuid.uuid4().hex)
    script: Script = field(default_factory=Script)
    event_result: list[EventResult] = field(default_factory=list)
    deliveries: int = 0
    given_up: frozenset[str] = frozenset()
    twin: Write | None = None
    now: Seen | None = None
    entry: dict[str, Any] | None = None

    @property
    def of_event(self) -> list[EventResult]:
        """The event's result of each completed delivery."""
        return [
            event_result for event_result in self.event_result if event_result.call.event_id == self.event_id
        ]

    @property
    def findings(self) -> list[Finding]:
        return [finding for event_result in self.of_event for finding in event_result.findings]

    @property
    def messages(self) -> list[Message]:
        return self.lanes.environment(self.case.stack).published.messages

    def deliver(self, messages: Mapping[str, str], received: int) -> dict[str, str]:
        """Deliver one batch to one invocation; returns the messages that go back to the queue."""
        invocation = uuid.uuid4().hex
        batch = {
            name: Delivery(body=body, receive_count=received, invocation=f"{invocation}/{name}")
            for name, body in messages.items()
        }
        with ThreadPoolExecutor(8) as workers:
            flow, telemetry = self.lanes.flow(self.case.stack, workers)
            try:
                failed: Iterable[str] = flow.run(batch)
            except Death:
                failed = list(messages)
        self.lanes.wires.script.dead = False
        self.event_result += telemetry.recorded
        return {name: messages[name] for name in failed}

    def deliver_until_done(self, messages: Mapping[str, str], received: int) -> frozenset[str]:
        """Redeliver as SQS does, every half hour; returns the messages that are given up."""
        left = dict(messages)
        while left and received <= MOST_DELIVERIES:
            left = self.deliver(left, received)
            received += 1
            self.deliveries += 1
            self.lanes.clock.ahead += HIDDEN
        return frozenset(left)

    def main_message(self) -> str:
        return event(self.of, self.case.arrival, who=self.who, event_id=self.event_id)

    @property
    def entry_id(self) -> str:
        """The id of the event's ledger entry, which spells the object key as the record does."""
        return f"{parse_object_call(self.main_message()).resource.name}#{self.event_id}#ObjectEncryption"

    def close_windows(self) -> None:
        """Deliver the lane's reminders to close alert windows."""
        published = self.lanes.environment(self.case.stack).published
        reminders = {
            f"window {reminder.window_id}": reminder_body(reminder) for reminder in set(published.reminded)
        }
        published.reminded.clear()
        if reminders:
            assert not self.deliver_until_done(reminders, 1)


def start(lanes: Lanes, case: Case, number: int) -> Run:
    """Write the object and read it. Raises ClientError if its bucket refuses the write."""
    lanes.wires.script = Script()
    lanes.clock.ahead = timedelta()
    environment = lanes.environment(case.stack)
    environment.forget()
    resources, key, body = lanes.resources, f"{case.written.key}-{number}", body_of(case.written)
    of = write(resources, case.written, key, body)
    if case.warm:
        environment.warm_up(of.bucket, resources.keys["K"])
    before = see(resources, of.bucket, key)
    assert before is not None
    run = Run(lanes, case, of, before, Expected(current=before))
    if case.race:
        kind = case.race.kind
        run.script.act = lambda: _raced(run, kind, body)
    run.script.race, run.script.fault = case.race, case.fault
    return run


def _raced(run: Run, kind: str, body: bytes) -> None:
    if not race(run.lanes.resources, kind, run.of, body, run.expected):
        run.script.race = None
        run.script.raced_before = None


def run_case(run: Run) -> None:
    """Deliver the event together with the other messages of its batch."""
    messages = {**_other_messages(run), MAIN: run.main_message()}
    run.lanes.wires.script = run.script
    run.given_up = run.deliver_until_done(messages, 2 if run.case.arrival.late else 1)


def _other_messages(run: Run) -> dict[str, str]:
    of, arrival, other_messages = run.of, run.case.arrival, run.case.arrival.other_messages
    not_found = replace(of, key=f"{of.key}-gone", version_id=None)
    another_account = [
        {"type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{of.bucket}", "accountId": "999988887777"}
    ]
    without_version = Arrival(names_version=False, spelled=arrival.spelled)
    bodies = {
        "poison": "this is no event {",
        "not found": event(not_found, Arrival(), who=run.who),
        "foreign bucket": event(
            replace(of, key=f"{of.key}-foreign"), arrival, who=run.who, resources=another_account
        ),
        "duplicate": run.main_message(),
        "earlier": event(earlier(of, 60), without_version, who=run.who),
        "reminder": reminder_body(CloseWindow(scope="of-nothing", window_id="none")),
    }
    found = {name: body for name, body in bodies.items() if name in other_messages}
    if "twin" in other_messages:
        plain = replace(run.case.written, encryption="sse-s3", size=5, in_parts=False, context=False)
        run.twin = write(run.lanes.resources, plain, f"{of.key}-twin", body_of(plain))
        found["twin"] = event(run.twin, Arrival(), who=run.who)
    return found


def now_written(key: Seen, of: Write) -> Write:
    """The newer write as its own record describes it."""
    at: datetime = key.modified
    return replace(
        of,
        call="PutObject",
        version_id=key.version_id,
        sent={f"{SSE}-customer-algorithm": "AES256"} if key.algorithm == "SSE-C" else {},
        algorithm=key.algorithm,
        key_arn=key.key_arn,
        at=at,
    )
