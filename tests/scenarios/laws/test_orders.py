"""A violation that was there when a message was delivered is reported with its own severity and caller.

Whichever message comes first, and whichever leads to the repair. `make test` tries every order of two events,
`make laws` every order of three.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence

import pytest

from tests.scenarios.laws.law import SEVERITIES
from tests.scenarios.laws.orders import BUCKET_EVENTS, OBJECT_EVENTS, Event, Step, orders, played
from tests.scenarios.world.world import World

EVENTS_AT_MOST = 3 if "RESEAL_EVERY_CASE" in os.environ else 2
LANES = {"bucket": BUCKET_EVENTS, "object": OBJECT_EVENTS}
FIRST = [
    pytest.param(events, first, id=f"{lane}, {first.name} first")
    for lane, events in LANES.items()
    for first in events
]


@pytest.mark.parametrize(("events", "first"), FIRST)
def test_every_order_of_events_reports_what_was_there(
    events: Sequence[Event], first: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    problems = [
        problem
        for number in range(1, EVENTS_AT_MOST + 1)
        for others in itertools.product(events, repeat=number - 1)
        for order in orders(number)
        for problem in _broken((first, *others), order, monkeypatch)
    ]

    assert not problems, "\n".join(problems)


def _broken(events: Sequence[Event], order: Sequence[Step], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    world = World(monkeypatch, SseCBlockMode="enforce", BucketKeyMode="off", KeyAccessMode="off")
    seen = played(world, events, order)
    for number, event in enumerate(events):
        own = number in seen.by_its_own | seen.put_right
        if event.check and own and not _is_reported(world, event, event.severity, f"Caller{number}"):
            yield f"{_in_words(events, order)}: {event.name} {number} was not reported: {_found(world)}"
        least = "CRITICAL" if event.severity == "CRITICAL" else "MEDIUM"
        if event.check and number in seen.by_any and not _is_reported(world, event, least):
            yield f"{_in_words(events, order)}: {event.name} {number} was seen and lost: {_found(world)}"
    if world.dead_letters:
        yield f"{_in_words(events, order)}: a dead-letter message"


def _is_reported(world: World, event: Event, severity: str, who: str | None = None) -> bool:
    """Whether a finding has at least this severity, and names this caller or, if it is None, anybody."""
    return any(
        SEVERITIES.index(finding["severity"]) >= SEVERITIES.index(severity)
        and (who is None or (finding["actor"] and finding["actor"]["who"].endswith(who)))
        for finding in world.findings_of(event.check or "")
    )


def _found(world: World) -> list[str]:
    return [
        f"{one['check']} {one['severity']} {one['status']} {(one['actor'] or {}).get('who', '')[-7:]}"
        for one in world.findings
    ]


def _in_words(events: Sequence[Event], order: Sequence[Step]) -> str:
    steps = [f"{events[step.number].name} {step.number}{' delivered' * step.delivers}" for step in order]
    return ", ".join(steps)
