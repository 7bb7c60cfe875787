"""What objects do differently in the flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from reseal.core.calls.object_call import ObjectCall
from reseal.core.calls.queue_message import CloseWindow, parse_object_message
from reseal.core.calls.trigger import ObjectTrigger
from reseal.core.checks.buckets.tls_check import TLS_ONLY
from reseal.core.checks.catalogue import CHECK_BY_ID, Decisions
from reseal.core.checks.object_encryption import OBJECT_ENCRYPTION
from reseal.core.decision import CHECK_IS_OFF, Exempt
from reseal.core.outcome import Applied, Outcome, Skipped
from reseal.core.policy.exemptions import exempt_call, is_judged_by_record, skipped_call
from reseal.core.policy.requirements import Mode, Requirements
from reseal.core.repairs.objects.method import Methods
from reseal.core.state.s3_object import Found
from reseal.core.state.setting import Setting
from reseal.core.transit.noted import PlainHttpCall
from reseal.flow.judge import judge
from reseal.flow.stages import Entry, Judged, Parsed, Planned
from reseal.ports import Deadline, ObjectServices, Services
from reseal.resources.object.observe import ObjectFound, Observer
from reseal.resources.object.plan import ObjectPlan
from reseal.resources.object.recorded import AsRecorded, as_recorded, decide_recorded
from reseal.resources.object.superseded import superseded
from reseal.resources.object.write import Writer
from reseal.resources.uses import note_use

LEASE = timedelta(seconds=330)
"""Longer than the function's timeout, shorter than the queue's visibility timeout."""

ObjectSeen = ObjectFound | AsRecorded
ObjectJudged = Judged[ObjectTrigger, ObjectSeen, ObjectPlan]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectKind:
    """`Kind` of objects."""

    methods: Methods
    services: Services
    objects: ObjectServices
    deadline: Deadline
    settings = (Setting.OBJECT_ENCRYPTION.value,)
    checks = (CHECK_BY_ID[OBJECT_ENCRYPTION],)
    lease = LEASE

    def parse(self, body: str) -> ObjectTrigger | CloseWindow:
        """Step 1. Raises MalformedEventError."""
        return parse_object_message(body)

    def superseded(self, parsed: Mapping[str, Parsed[ObjectTrigger]]) -> Mapping[str, Skipped]:
        """The messages about writes that a later message of the batch replaced."""
        return superseded(parsed, self.services.clock.now())

    def exempt(self, requirements: Requirements, call: ObjectTrigger) -> Exempt | Skipped | None:
        """Why the check does not judge the object; None if it does."""
        if requirements.mode_of(OBJECT_ENCRYPTION) is Mode.OFF:  # queued before it was turned off
            return CHECK_IS_OFF
        return skipped_call(requirements, call) or exempt_call(requirements, call)

    def observe(self, requirements: Requirements, call: ObjectTrigger) -> tuple[ObjectTrigger, ObjectSeen]:
        """Step 2. Raises RefusalError and TransientError.

        Also records who used plain HTTP: it is then not denied on the bucket.
        """
        if isinstance(call, ObjectCall) and call.over_plain_http:
            self._note_plain_http(requirements, call)
        if isinstance(call, ObjectCall) and is_judged_by_record(requirements, call):
            return call, as_recorded(requirements, call, self.services.keys)
        named, found = self._observer(requirements).observe(call)
        if isinstance(found, Found):
            note_use(self.services, found.head.bucket, found.head.encryption, found.kms_key)
        return named, found

    def by_record(
        self, requirements: Requirements, call: ObjectTrigger, found: ObjectSeen | None
    ) -> Decisions:
        """Step 3, of what the call wrote by its record. Raises TransientError."""
        if isinstance(found, AsRecorded):
            return {}
        return self._observer(requirements).by_record(call, found)

    def decide(
        self, requirements: Requirements, call: ObjectTrigger, found: ObjectSeen
    ) -> Decisions | Skipped:
        """Step 3; Skipped if another call wrote the object that is there."""
        if isinstance(found, AsRecorded):
            return decide_recorded(requirements, call, found)
        return self._observer(requirements).decide(call, found)

    def plan(
        self, requirements: Requirements, call: ObjectTrigger, found: ObjectSeen, decisions: Decisions
    ) -> Planned[ObjectPlan]:
        """Step 3, the guards and the method. Raises RefusalError and TransientError."""
        if isinstance(found, AsRecorded):
            return Planned(decisions=decisions)
        return self._observer(requirements).plan(call, found, decisions)

    def reconsider(self, judged: Mapping[str, ObjectJudged]) -> Mapping[str, ObjectJudged]:
        """Change in place what was repaired before: a writer that compares ETags would write for ever."""
        plans = {m: one.plans[Setting.OBJECT_ENCRYPTION] for m, one in judged.items()}
        in_place = {m: self._observer(judged[m].parsed.requirements).in_place(p) for m, p in plans.items()}
        names = {m: judged[m].trigger.resource.name for m in judged if in_place[m] != plans[m]}
        if not names:
            return judged
        repaired = self.services.ledger.read_last_repairs(list(names.values()), Setting.OBJECT_ENCRYPTION)
        return {
            m: replace(one, plans={Setting.OBJECT_ENCRYPTION: in_place[m]})
            if names.get(m) in repaired
            else one
            for m, one in judged.items()
        }

    def write(self, judged: ObjectJudged, plan: ObjectPlan, entry: Entry) -> Entry:
        """Step 5. Raises TransientError."""
        outcome = self._writer.write(entry, plan, lambda: self._plan_now(judged))
        if isinstance(outcome, Applied):
            note_use(self.services, judged.trigger.resource.bucket, outcome.after)
        return replace(entry, outcome=outcome)

    def find_out(self, entry: Entry, found: ObjectSeen) -> Outcome | None:
        """Step 5, of an earlier delivery's write."""
        if isinstance(found, AsRecorded):
            return None
        return self._writer.find_out(entry, found)

    def _note_plain_http(self, requirements: Requirements, call: ObjectCall) -> None:
        if requirements.mode_of(TLS_ONLY) is not Mode.OFF:
            noted = PlainHttpCall(who=call.actor.who, name=call.name, time=call.time)
            self.services.bucket_notes.note_plain_http(call.bucket, noted, self.services.clock.now())

    def _plan_now(self, judged: ObjectJudged) -> ObjectPlan | None:
        again = judge(self, judged.parsed)
        return again.plans.get(Setting.OBJECT_ENCRYPTION) if isinstance(again, Judged) else None

    def _observer(self, requirements: Requirements) -> Observer:
        return Observer(
            requirements=requirements, methods=self.methods, services=self.services, objects=self.objects
        )

    @property
    def _writer(self) -> Writer:
        return Writer(objects=self.objects.objects, clock=self.services.clock, deadline=self.deadline)
