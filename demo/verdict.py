"""Judge a scene: what arrived and what the auditor read, against how it must end."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from demo.runner import Played
from demo.scene import End
from demo.world import WINDOW_SECONDS, World


def faults(played: Played, world: World) -> list[str]:
    """Everything that is not as it must be."""
    return [*_told(played), *_heard(played), *_seen(played, world)]


def _told(played: Played) -> Iterator[str]:
    scene = played.scene
    sent = sorted((f["check"], f["severity"], f["status"]) for f in played.findings)
    many = len(scene.keys) > 1 and bool(scene.findings)
    if (sorted(set(sent)) if many else sent) != sorted(scene.findings):
        yield f"findings sent: {sent}, expected: {sorted(scene.findings)}"
    if many and (played.told != len(scene.keys) or len(sent) > _most_messages(played)):
        yield f"{played.told} violations were told in {len(sent)} messages"
    if not any(scene.says in f["reason"] for f in played.findings) and scene.says:
        yield f"no finding says: {scene.says}"


def _most_messages(played: Played) -> int:
    """For many equal violations: two for each alert window in which they were handled, and one."""
    return 1 + 2 * ceil(max(played.seconds or 0, 1) / WINDOW_SECONDS)


def _heard(played: Played) -> Iterator[str]:
    scene = played.scene
    heard = sorted(line["api_call"] for line in played.lines)
    if heard != sorted(scene.calls):
        yield f"events handled: {heard}, expected: {sorted(scene.calls)}"
    results = tuple(sorted(line["result"] for line in played.lines))
    if scene.results and results != scene.results:
        yield f"they ended as {results}, expected: {scene.results}"
    if not any(scene.refused in call for call in played.refused) and scene.refused:
        yield f"S3 refused none of Reseal's calls with {scene.refused}"
    if scene.end is End.FREE and played.started[0] != played.started[1]:
        yield f"the object function was started {played.started[1] - played.started[0]} times"


def _seen(played: Played, world: World) -> Iterator[str]:
    scene, acted, ended = played.scene, played.acted, played.ended
    lost = {name: text for name, text in scene.keeps.items() if ended.rest.get(name) != text}
    if lost:
        yield f"the object must have {lost}, and has {dict(ended.rest)}"
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
