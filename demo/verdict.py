"""Compare what arrived, and what the auditor read, with the expected result of the scene."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from demo.auditor import REFUSES, ROTATES
from demo.runner import Played
from demo.scene import End, Scene
from demo.world import WINDOW_SECONDS, World


def faults(played: Played, world: World) -> list[str]:
    """Every difference from the expected result."""
    return [*_wrong_findings(played), *_wrong_events(played), *_wrong_state(played, world)]


def _wrong_findings(played: Played) -> Iterator[str]:
    scene = played.scene
    sent = sorted((f["check"], f["severity"], f["status"]) for f in played.findings)
    many = len(scene.keys) > 1 and bool(scene.findings)
    # Equal violations are one alert, whose summary may come before the scene ends or after it.
    equal = many or len(set(scene.calls)) < len(scene.calls)
    if (sorted(set(sent)) if equal else sent) != sorted(scene.findings):
        yield f"findings sent: {sent}, expected: {sorted(scene.findings)}"
    if many and (played.violations != len(scene.keys) or len(sent) > _most_messages(played)):
        yield f"{played.violations} violations were reported in {len(sent)} messages"
    if not any(scene.reason in f["reason"] for f in played.findings) and scene.reason:
        yield f"no finding has this reason: {scene.reason}"


def _most_messages(played: Played) -> int:
    """For many equal violations: two for each alert window that their handling touched."""
    return 2 * (1 + ceil(max(played.seconds or 0, 1) / WINDOW_SECONDS))


def _wrong_events(played: Played) -> Iterator[str]:
    scene = played.scene
    received = sorted(line["api_call"] for line in played.lines)
    if received != sorted(scene.calls):
        yield f"events received: {received}, expected: {sorted(scene.calls)}"
    results = tuple(sorted(line["result"] for line in played.lines))
    if scene.results and results != scene.results:
        yield f"their results: {results}, expected: {scene.results}"
    if not any(scene.refused in call for call in played.refused) and scene.refused:
        yield f"S3 refused none of Reseal's calls with {scene.refused}"
    if scene.end is End.NO_INVOCATION and played.started[0] != played.started[1]:
        yield f"the object function was started {played.started[1] - played.started[0]} times"


def _wrong_state(played: Played, world: World) -> Iterator[str]:
    scene, acted, ended = played.scene, played.acted, played.ended
    lost = {name: text for name, text in scene.keeps.items() if ended.rest.get(name) != text}
    if lost:
        yield f"the object must have {lost}, and has {dict(ended.rest)}"
    if scene.end is not End.REMEDIATED:
        if ended != acted:
            yield "something changed that must not change"
        if scene.end is End.NO_EVENT and (played.denied is None or ended != played.untouched):
            yield "the call was not denied"
        return
    if not ended.encryption.startswith(_remediated(scene, world)):
        yield "it was not remediated"
    if ended.rest != acted.rest:
        yield f"the remediation lost or changed properties: {dict(acted.rest)} became {dict(ended.rest)}"


def _remediated(scene: Scene, world: World) -> str:
    """How the state begins, in words, after the remediation."""
    if scene.kms_key:
        return ROTATES
    if scene.over_http:
        return REFUSES
    under_k = f"SSE-KMS under {world.key} with Bucket Key"
    return f"{len(scene.keys)} {under_k}" if len(scene.keys) > 1 else under_k
