"""What KMS keys do differently in the flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from reseal.core.calls.keys.key_message import KeyTrigger, WatchKeys, parse_key_message
from reseal.core.calls.look import Look
from reseal.core.calls.queue_message import CloseWindow
from reseal.core.checks.catalogue import Decisions, checks_of, decisions_of
from reseal.core.checks.keys.by_record import decide_by_record
from reseal.core.checks.keys.key_deletion import ALREADY_TODAY, KEY_DELETION, how_to_keep
from reseal.core.checks.keys.observed_key import ObservedKey
from reseal.core.decision import Exempt, Remediate
from reseal.core.outcome import Applied, Outcome, SkipCause, Skipped
from reseal.core.policy.requirements import Requirements
from reseal.core.repairs.repair import Repair, proposals_of, repairs_of
from reseal.core.resource import KeyResource
from reseal.core.state.key_settings import KeyState
from reseal.core.state.kms_key import KmsKey
from reseal.core.state.setting import Setting, State
from reseal.flow.stages import Entry, Judged, Parsed, Planned
from reseal.ports import KeyServices, Services
from reseal.resources.key.observe import Observer
from reseal.resources.key.watch import watch
from reseal.resources.key.write import SETTINGS, KeyPlan, Writer

LEASE = timedelta(seconds=135)
"""Longer than the function's timeout, shorter than the queue's visibility timeout."""

KeyJudged = Judged[KeyTrigger, ObservedKey, KeyPlan]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyKind:
    """`Kind` of KMS keys. `watched` are the keys that the hourly message asks about."""

    watched: frozenset[str]
    services: Services
    keys: KeyServices
    settings = SETTINGS
    checks = checks_of(KeyResource)
    lease = LEASE

    def parse(self, body: str) -> KeyTrigger | CloseWindow | None:
        """Step 1; answers the hourly question. Raises MalformedEventError and TransientError."""
        message = parse_key_message(body)
        if isinstance(message, WatchKeys):
            watch(self.watched, self.services, self.keys)
            return None
        return message

    def superseded(self, _parsed: Mapping[str, Parsed[KeyTrigger]]) -> Mapping[str, Skipped]:
        """None: each call is reported under its own caller."""
        return {}

    def exempt(self, requirements: Requirements, call: KeyTrigger) -> Exempt | Skipped | None:
        """Why no check judges the key; None if they do. Events of other accounts can be forwarded here."""
        if isinstance(call, Look):
            return requirements.exempt
        if call.recipient not in (None, requirements.account):
            return _elsewhere(f"the record is account {call.recipient}'s: deploy Reseal there")
        if call.owner != requirements.account:
            return _elsewhere(f"the key belongs to account {call.owner}")
        return requirements.exempt

    def observe(self, requirements: Requirements, call: KeyTrigger) -> tuple[KeyTrigger, ObservedKey]:
        """Step 2. Raises RefusalError and TransientError."""
        return call, self._observer(requirements).observe(call)

    def by_record(
        self, requirements: Requirements, call: KeyTrigger, observed: ObservedKey | None
    ) -> Decisions:
        """Step 3, of what the call did by its record. Raises TransientError."""
        if isinstance(call, Look):
            return {}
        seen = observed or self._observer(requirements).of_record(call)
        return decide_by_record(requirements, call, seen, was_read=observed is not None)

    def decide(self, requirements: Requirements, call: KeyTrigger, observed: ObservedKey) -> Decisions:
        """Step 3."""
        return decisions_of(requirements, call, observed)

    def plan(
        self, requirements: Requirements, _call: KeyTrigger, observed: ObservedKey, decisions: Decisions
    ) -> Planned[KeyPlan]:
        """Step 3: the writes. What could do harm is in the checks: only keys approved by name are kept."""

        def by_setting(repairs: tuple[Repair, ...]) -> Mapping[str, KeyPlan]:
            return {r.setting: KeyPlan(repair=r, found=_found(observed, r.before)) for r in repairs}

        found = observed.settings
        return Planned(
            decisions=decisions,
            plans=by_setting(repairs_of(requirements, found, decisions)),
            detected=by_setting(proposals_of(found, decisions)),
        )

    def reconsider(self, judged: Mapping[str, KeyJudged]) -> Mapping[str, KeyJudged]:
        """A deletion is cancelled once a key and day: then somebody means it, or fights."""
        return {message: self._once_a_day(one) for message, one in judged.items()}

    def write(self, judged: KeyJudged, plan: KeyPlan, entry: Entry) -> Entry:
        """Step 5. Raises TransientError."""
        writer = Writer(key=judged.trigger.resource, services=self.services, keys=self.keys)
        return writer.write(entry, plan)

    def find_out(self, entry: Entry, observed: ObservedKey) -> Outcome | None:
        """Step 5, of an earlier delivery's write."""
        found = observed.settings.get(entry.setting)
        if found is None:
            reason = "an earlier delivery began a repair, and the key does not show this setting any more"
            return Skipped(cause=SkipCause.NEWER, reason=reason)
        return Applied(after=found, at=self.services.clock.now()) if found.meets(entry.intended) else None

    def _once_a_day(self, judged: KeyJudged) -> KeyJudged:
        decision = judged.decisions.get(KEY_DELETION)
        if Setting.KEY_STATE not in judged.plans or not isinstance(decision, Remediate):
            return judged
        arn, event_id = judged.trigger.resource.kms_key, judged.trigger.event_id
        if self.keys.known.first_cancellation_today(arn, event_id, self.services.clock.now()):
            return judged
        stopped = decision.stopped(
            because=ALREADY_TODAY,
            recommendation=how_to_keep(judged.parsed.requirements, judged.observed),
        )
        plans = {setting: plan for setting, plan in judged.plans.items() if setting != Setting.KEY_STATE}
        return replace(judged, decisions={**judged.decisions, KEY_DELETION: stopped}, plans=plans)

    def _observer(self, requirements: Requirements) -> Observer:
        return Observer(requirements=requirements, services=self.services, keys=self.keys)


def _found(observed: ObservedKey, before: State) -> State:
    """What was read of the setting; before it is the state before an interrupted repair."""
    if observed.interrupted is before and isinstance(observed.key, KmsKey):
        return KeyState.of(observed.key)
    return before


def _elsewhere(reason: str) -> Skipped:
    return Skipped(cause=SkipCause.ELSEWHERE, reason=reason)
