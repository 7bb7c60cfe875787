"""Judge a scene: what arrived and what the auditor read, against how it must end."""

from __future__ import annotations

from collections.abc import Iterator

from demo.performance import Played
from demo.scene import End
from demo.world import World

MOST_MESSAGES = 3
"""For many equal violations: the first at once, the rest at the end of its window, and one for a window more."""


def faults(played: Played, world: World) -> list[str]:
    """Everything that is not as it must be."""
    return [*_told(played), *_heard(played), *_seen(played, world)]


def _told(played: Played) -> Iterator[str]:
    scene = played.scene
    sent = sorted((f["check"], f["severity"], f["status"]) for f in played.findings)
    many = len(scene.keys) > 1 and bool(scene.findings)
    if (sorted(set(sent)) if many else sent) != sorted(scene.findings):
        yield f"findings sent: {sent}, expected: {sorted(scene.findings)}"
    if many and (played.told != len(scene.keys) or len(sent) > MOST_MESSAGES):
        yield f"{played.told} violations were told in {len(sent)} messages"
    if not any(scene.says in f["reason"] for f in played.findings) and scene.says:
        yield f"no finding says: {scene.says}"


def _heard(played: Played) -> Iterator[str]:
    scene = played.scene
    heard = sorted(line["api_call"] for line in played.lines)
    if heard != sorted(scene.calls):
        yield f"events handled: {heard}, expected: {sorted(scene.calls)}"
    results = tuple(sorted(line["result"] for line in played.lines))
    if scene.results and results != scene.results:
        yield f"they ended as {results}, expected: {scene.results}"
    if scene.end is End.FREE and played.started[0] != played.started[1]:
        yield f"the object function was started {played.started[1] - played.started[0]} times"


def _seen(played: Played, world: World) -> Iterator[str]:
    scene, acted, ended = played.scene, played.acted, played.ended
    if scene.end is not End.REPAIRED:
        if ended != acted:
            yield "what must not be touched was touched"
        if scene.end is End.UNHEARD and (played.denied is None or ended != played.untouched):
            yield "the call was not denied"
        return
    right = f"SSE-KMS under {world.key} with Bucket Key"
    if len(scene.keys) > 1:
        right = f"{len(scene.keys)} {right}"
    if not ended.encryption.startswith(right):
        yield "it was not repaired"
    if ended.rest != acted.rest:
        yield f"the repair did not keep everything: {dict(acted.rest)} became {dict(ended.rest)}"
