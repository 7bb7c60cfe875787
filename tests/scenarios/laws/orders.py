"""Events on one resource in every order: each happens, and its message is delivered at some time after it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from tests.scenarios.world import records
from tests.scenarios.world.names import (
    DEFAULT_ENCRYPTION,
    KEY,
    OBJECT_ENCRYPTION,
    SSE_C_BLOCK,
    STRANGER_KEY,
    TEAM_KEY,
)
from tests.scenarios.world.records import Record
from tests.scenarios.world.world import World

Deliver = Callable[[World], None]
SECONDS_BETWEEN = 5
RIGHT = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": TEAM_KEY}}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens to the bucket or object; `happen` returns how its message is delivered.

    `check` and `severity` are what it violates as long as nothing else replaces what it set; None if nothing.
    """

    name: str
    happen: Callable[[World, str], Deliver]
    check: str | None = None
    severity: str = ""
    sets: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """The event of this number happens, or its message is delivered."""

    number: int
    delivers: bool


def delivered(record: Record) -> Deliver:
    return lambda world: world.happens(record)


def sets_default(
    algorithm: str, key_id: str | None = None, blocked: str | None = None
) -> Callable[..., Deliver]:
    def happen(world: World, who: str) -> Deliver:
        return delivered(world.lowered(algorithm, key_id, blocked=blocked, userIdentity=records.role(who)))

    return happen


def calls(name: str) -> Callable[..., Deliver]:
    return lambda world, who: delivered(world.bucket_record(name, userIdentity=records.role(who)))


def writes(algorithm: str, key_id: str | None = None) -> Callable[..., Deliver]:
    def happen(world: World, who: str) -> Deliver:
        identity = {"userIdentity": records.role(who)}
        return delivered(world.written(algorithm=algorithm, key_id=key_id, record=identity))

    return happen


def looks(key: str | None = None) -> Callable[..., Deliver]:
    return lambda _world, who: lambda world: world.is_asked_to_look(f"look-{who}", key)


BUCKET_EVENTS = (
    Event("harmless call", calls("PutBucketAcl"), sets=False),
    Event("second CreateBucket", calls("CreateBucket"), sets=False),
    Event("look", looks(), sets=False),
    Event("lowering", sets_default("AES256"), DEFAULT_ENCRYPTION, "HIGH"),
    Event("foreign key", sets_default("aws:kms", STRANGER_KEY), DEFAULT_ENCRYPTION, "CRITICAL"),
    Event("unblocking", sets_default("aws:kms", TEAM_KEY, blocked="NONE"), SSE_C_BLOCK, "HIGH"),
    Event("right default", sets_default("aws:kms", TEAM_KEY)),
)
OBJECT_EVENTS = (
    Event("look", looks(KEY), sets=False),
    Event("plain write", writes("AES256"), OBJECT_ENCRYPTION, "MEDIUM"),
    Event("write under a foreign key", writes("aws:kms", STRANGER_KEY), OBJECT_ENCRYPTION, "CRITICAL"),
    Event("write under SSE-C", writes("SSE-C"), OBJECT_ENCRYPTION, "CRITICAL"),
    Event("right write", writes("aws:kms", TEAM_KEY)),
)


def orders(number: int) -> Iterator[tuple[Step, ...]]:
    """Every order in which so many events happen one after the other and their messages are delivered."""
    for order in itertools.permutations(
        Step(event, delivers) for event in range(number) for delivers in (False, True)
    ):
        happened = [step.number for step in order if not step.delivers]
        if happened == sorted(happened) and all(
            order.index(Step(event, False)) < order.index(Step(event, True)) for event in range(number)
        ):
            yield order


@dataclass(slots=True)
class Seen:
    """Events whose state any message saw, or their own, and those whose own message found it repaired."""

    by_any: set[int] = field(default_factory=set)
    by_its_own: set[int] = field(default_factory=set)
    put_right: set[int] = field(default_factory=set)


def played(world: World, events: Sequence[Event], order: Sequence[Step]) -> Seen:
    """Play the order.

    The message of a write of an object does not judge what another write left. A repair is known to the
    message of the call, whatever followed it; what is CRITICAL is known by the record of the call alone.
    """
    world.bucket.set_rule(RIGHT)
    world.objects.put(world.bucket.name, KEY, algorithm="aws:kms", key_id=TEAM_KEY)
    deliveries: dict[int, Deliver] = {}
    there, seen = None, Seen()
    repaired = {number for number, event in enumerate(events) if event.severity == "CRITICAL"}
    for step in order:
        world.clock.sleep(SECONDS_BETWEEN)
        event = events[step.number]
        if not step.delivers:
            deliveries[step.number] = event.happen(world, f"Caller{step.number}")
            there = step.number if event.sets else there
            continue
        if step.number in repaired:
            seen.put_right.add(step.number)
        if there == step.number:
            seen.by_its_own.add(there)
        if there is not None and (there == step.number or not event.sets or event in BUCKET_EVENTS):
            seen.by_any.add(there)
        before = len(world.buckets.writes) + len(world.objects.writes)
        deliveries[step.number](world)
        if len(world.buckets.writes) + len(world.objects.writes) > before:
            repaired |= set() if there is None else {there}
            there = None
    world.run_out()
    return seen
