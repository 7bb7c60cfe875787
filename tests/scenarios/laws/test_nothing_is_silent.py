"""No decision is lost, lowered or reported late, whatever goes wrong at whichever call of AWS.

`make test` tries every fault at every call and some pairs of faults; `make laws` tries every pair.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from tests.scenarios.laws.faults import Fault, Kind
from tests.scenarios.laws.law import broken, played
from tests.scenarios.laws.scenes import BY_SCENE, Scene
from tests.scenarios.world.world import World

SAMPLED = 7
"""Pairs of each scene and kind of first fault: 336 in all."""
EVERY_PAIR = "RESEAL_EVERY_CASE" in os.environ
BY_KIND = pytest.mark.parametrize("kind", Kind, ids=[kind.value for kind in Kind])
SECOND_KINDS = (Kind.REFUSED, Kind.THROTTLED, Kind.DIES_AFTER)
"""Dying after a call is dying before the next: nothing but the calls leaves traces."""


@BY_SCENE
def test_scene_leads_to_a_finding(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    run = played(scene, monkeypatch)

    assert run.reported
    assert list(broken(run, run)) == []


@BY_KIND
@BY_SCENE
def test_one_fault_at_any_call(scene: Scene, kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    base = played(scene, monkeypatch)
    runs = (played(scene, monkeypatch, [Fault(at, kind)]) for at in range(len(base.world.account.calls)))

    problems = [problem for run in runs for problem in broken(run, base)]
    assert not problems, "\n".join(problems)


@BY_KIND
@BY_SCENE
def test_two_faults_at_any_calls(scene: Scene, kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    base = played(scene, monkeypatch)
    runs = (played(scene, monkeypatch, pair) for pair in _pairs(scene, kind, base.world, monkeypatch))

    problems = [problem for run in runs for problem in broken(run, base)]
    assert not problems, "\n".join(problems)


def _pairs(
    scene: Scene, kind: Kind, base: World, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Fault, Fault]]:
    """Every pair whose first fault is of this kind, or a sample of them; the second is at any later call."""
    calls = len(base.account.calls)
    chance = random.Random(f"{scene.name} {kind}")
    for at in range(calls) if EVERY_PAIR else (chance.randrange(calls) for _ in range(SAMPLED)):
        first = Fault(at, kind)
        later = range(at + 1, len(played(scene, monkeypatch, [first]).world.account.calls))
        seconds = [Fault(then, second) for then in later for second in SECOND_KINDS]
        yield from (
            (first, second)
            for second in (seconds if EVERY_PAIR else chance.sample(seconds, min(1, len(seconds))))
        )
