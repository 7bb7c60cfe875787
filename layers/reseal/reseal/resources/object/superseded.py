"""Between steps 1 and 2: the messages of a batch that a later message of it replaces."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from reseal.core.calls.look import Look
from reseal.core.calls.trigger import ObjectTrigger
from reseal.core.outcome import SkipCause, Skipped
from reseal.core.policy.exemptions import is_judged_by_record
from reseal.core.state.bucket_encryption import SSE_C
from reseal.core.state.kms_key import parse_key_reference
from reseal.flow.stages import Parsed

_NEWER = Skipped(cause=SkipCause.NEWER, reason="a later message of the same batch is about the same object")


def superseded(parsed: Mapping[str, Parsed[ObjectTrigger]], now: datetime) -> dict[str, Skipped]:
    """The messages that another message of the batch replaces: of the same object or the same event.

    Only the last write of an object can be what is there now, so only its message goes on, besides looks and
    writes that are judged by their records. A message that may have been delivered before goes on too,
    because its earlier work must be looked up. Only one of an event's duplicates goes on: two would write
    twice and share one ledger entry.
    """
    in_order = sorted(parsed.items(), key=lambda item: _order(item[1]))
    apart = {
        message
        for message, one in in_order
        if isinstance(one.trigger, Look) or is_judged_by_record(one.requirements, one.trigger)
    }
    last = {one.trigger.resource: message for message, one in in_order if message not in apart}
    of_event = {one.trigger.event_id: message for message, one in in_order}

    def goes_on(message: str, one: Parsed[ObjectTrigger]) -> bool:
        call = one.trigger
        if of_event[call.event_id] != message:
            return False
        if message in apart:
            return True
        latest = parsed[last[call.resource]].trigger
        # for writes in the same second, the records do not show if an upload in parts was first
        tie = latest.time == call.time and latest.name != call.name
        if _shows_another_attacker(one, latest):
            return True
        return latest is call or tie or one.delivery.may_be_repeated(call.time, now)

    return {message: _NEWER for message, one in parsed.items() if not goes_on(message, one)}


def _shows_another_attacker(one: Parsed[ObjectTrigger], latest: ObjectTrigger) -> bool:
    """Whether the record shows SSE-C or another account's key, and another caller than the latest write."""
    call = one.trigger
    if isinstance(call, Look) or isinstance(latest, Look) or call.actor.who == latest.actor.who:
        return False
    foreign = parse_key_reference(call.stated.key_id or "").account
    return call.stated.algorithm == SSE_C or not one.requirements.owns(foreign)


def _order(one: Parsed[ObjectTrigger]) -> tuple[datetime, str, int]:
    return one.trigger.time, one.trigger.event_id, one.delivery.receive_count
