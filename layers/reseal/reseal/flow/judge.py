"""Steps 2 and 3 for one resource: observe and decide. What was decided is kept, whatever AWS refuses then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reseal.core.calls.trigger import Trigger
from reseal.core.checks.catalogue import CHECK_BY_ID, Decisions
from reseal.core.decision import Decision, Violation
from reseal.core.errors import RefusalError
from reseal.core.outcome import Skipped
from reseal.core.refusal import outcome_of_refusal
from reseal.core.repairs.repair import enforced_remediations
from reseal.core.state.setting import State
from reseal.flow.kind import Kind
from reseal.flow.stages import Judged, O, Ours, P, Parsed, Refused, Superseded, T, Unjudged


def judge(kind: Kind[T, O, P], parsed: Parsed[T]) -> Ours[T, O, P]:
    """Judge a resource that this stack judges. Raises TransientError."""
    required = parsed.requirements
    try:
        trigger, observed = kind.observe(required, parsed.trigger)  # 2 observe
    except RefusalError as refusal:
        return _refused(kind, parsed, refusal)
    decisions = kind.decide(required, parsed.trigger, observed)  # 3 decide
    if isinstance(decisions, Skipped):
        written = _violations(kind.by_record(required, parsed.trigger, None))
        return Superseded(
            parsed=parsed, trigger=trigger, observed=observed, outcome=decisions, put_right=written
        )
    recorded = _violations(kind.by_record(required, parsed.trigger, observed))
    decisions = {check: _at_least(one, recorded.get(check)) for check, one in decisions.items()}
    try:
        planned = kind.plan(required, trigger, observed, decisions)
    except RefusalError as refusal:
        return _kept(parsed, trigger, observed.settings, decisions, refusal)
    return Judged(
        parsed=parsed,
        trigger=trigger,
        observed=observed,
        decisions=planned.decisions,
        plans=planned.plans,
        detected=planned.detected,
        handed=frozenset(
            check
            for check, remediate in enforced_remediations(required, planned.decisions).items()
            if remediate.change.setting not in kind.settings
        ),
        put_right={
            check: one
            for check, one in recorded.items()
            if not _is_what_the_call_set(trigger, check, planned.decisions[check], observed.settings)
        },
    )


def _is_what_the_call_set(
    trigger: Trigger, check: str, decision: Decision, states: Mapping[str, State]
) -> bool:
    """Whether the resource violates the check, and may do so by this call."""
    state = states.get(CHECK_BY_ID[check].setting)
    return isinstance(decision, Violation) and CHECK_BY_ID[check].set_by_call(trigger, state) is not False


def _violations(decisions: Decisions) -> Mapping[str, Violation]:
    return {check: one for check, one in decisions.items() if isinstance(one, Violation)}


def _at_least(decision: Decision, recorded: Violation | None) -> Decision:
    """The decision, with the severity of what the call itself did if that was worse."""
    if recorded is None or not isinstance(decision, Violation) or decision.severity >= recorded.severity:
        return decision
    reason = f"{decision.reason}; this call had done worse: {recorded.reason}"
    return replace(decision, severity=recorded.severity, reason=reason)


def _refused(kind: Kind[T, O, P], parsed: Parsed[T], refusal: RefusalError) -> Unjudged[T] | Refused[T]:
    """The resource could not be read: its record is judged."""
    decisions = kind.by_record(parsed.requirements, parsed.trigger, None)
    return _kept(parsed, parsed.trigger, {}, decisions, refusal)


def _kept(
    parsed: Parsed[T], trigger: T, before: Mapping[str, State], decisions: Decisions, refusal: RefusalError
) -> Unjudged[T] | Refused[T]:
    outcome = outcome_of_refusal(refusal, trigger.resource.kind)
    if isinstance(outcome, Skipped):
        return Unjudged(parsed=parsed, outcome=outcome)
    return Refused(parsed=parsed, trigger=trigger, before=before, decisions=decisions, outcome=outcome)
