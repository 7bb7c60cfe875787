"""Play a scene: act, wait for what must arrive, and read what was acted on before and after."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from demo.auditor import Look, in_words, look_at
from demo.scene import End, Scene
from demo.world import SETTLE_SECONDS, WINDOW_SECONDS, World

OBJECT_WRITES = ("CopyObject", "UpdateObjectEncryption", "PutObject")
SILENCE_SECONDS = SETTLE_SECONDS + 2.0
_PATIENCE_SECONDS = 20.0
_POLL_SECONDS = 0.05
_NOTHING = Look(encryption="")


@dataclass(slots=True)
class Played:
    """What happened in one scene, and everything that is not as it must be.

    `refused` are Reseal's own writes to objects that S3 refused; `started` counts the invocations of the
    object function, before and after.
    """

    scene: Scene
    untouched: Look = _NOTHING
    acted: Look = _NOTHING
    denied: str | None = None
    ended: Look = _NOTHING
    lines: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    started: tuple[int, int] = (0, 0)
    faults: list[str] = field(default_factory=list)

    @property
    def before(self) -> str:
        """The encryption before a repair; Reseal's word for it where the auditor came too late."""
        found = self.findings[0]["before"] if self.findings else None
        if self.scene.end is not End.REPAIRED or self.acted.encryption != self.ended.encryption or not found:
            return self.acted.encryption
        words = in_words(found["algorithm"], found["key_id"], bucket_key=found["bucket_key"])
        return f"{words} (as Reseal found it; repaired before the auditor looked)"

    @property
    def seconds(self) -> float | None:
        """The slowest repair, from the API call to the verified write."""
        times = [f["seconds_to_remediate"] for f in self.findings if f["seconds_to_remediate"] is not None]
        return max(times, default=None)

    @property
    def told(self) -> int:
        """How many violations the findings stand for, those told as one message included."""
        return told(self.findings)


def play(scene: Scene, world: World) -> Played:
    """The scene as it went; `demo.verdict` judges it."""
    arrivals = world.arrivals
    if scene.end is End.FREE:
        _wait_until_idle(world)
    arrivals.poll()
    lines, findings, starts = len(arrivals.lines), len(arrivals.findings), _starts(world)
    played = Played(scene, untouched=_look(world, scene))
    try:
        scene.act(world.people[scene.who], world)
    except ClientError as error:
        played.denied = error.response["Error"]["Code"]
    played.acted = _look(world, scene)
    if not scene.calls:
        time.sleep(SILENCE_SECONDS)
    played.lines = arrivals.wait_for_lines(scene.bucket, *scene.calls, since=lines)
    if len(scene.calls) > 1 and len(scene.keys) > 1:
        _wait_until_told(world, len(scene.keys), since=findings)
    played.findings = arrivals.findings[findings:]
    played.refused = _refused(world, scene) if scene.keys else []
    played.started = starts, _starts(world)
    played.ended = _look(world, scene)
    return played


def told(findings: list[dict[str, Any]]) -> int:
    """How many violations these findings stand for."""
    return sum(f["occurrences"]["count"] if f["occurrences"] else 1 for f in findings)


def _look(world: World, scene: Scene) -> Look:
    return look_at(world.auditor, scene.bucket, scene.keys)


def _refused(world: World, scene: Scene) -> list[str]:
    """From the local cloud's journal of all calls; no other scene has this bucket."""
    return [
        f"{call['operation']} with {call['status']} {call['error']}"
        for call in world.cloud.journal(service="s3", caller="*EnforceObjectRole*")
        if call["resource"].startswith(f"arn:aws:s3:::{scene.bucket}/")
        and call["operation"] in OBJECT_WRITES
        and call["error"]
    ]


def _starts(world: World) -> int:
    return world.arrivals.starts["ObjectFunctionLogs"]


def _wait_until_told(world: World, violations: int, since: int) -> None:
    """Equal findings are held back until their window ends."""
    deadline = time.monotonic() + WINDOW_SECONDS + _PATIENCE_SECONDS
    while told(world.arrivals.findings[since:]) < violations and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        world.arrivals.poll()


def _wait_until_idle(world: World) -> None:
    """Until no reminder of an alert window is on its way: it would start the function."""
    sqs, url = world.cloud.client("sqs"), world.stack.outputs["ObjectQueueUrl"]
    deadline = time.monotonic() + WINDOW_SECONDS + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        if not any(int(count) for name, count in counts.items() if name.startswith("ApproximateNumber")):
            return
        time.sleep(_POLL_SECONDS)
