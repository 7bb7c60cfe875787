"""Play a scene: make the calls, wait for the expected events, read the resource before and after."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from demo.auditor import Look, in_words, look_at, look_at_key, look_over_http
from demo.scene import End, Scene
from demo.world import SETTLE_SECONDS, WINDOW_SECONDS, World
from localcloud.client.arrivals import LOOK

TLS = "S3.BucketTlsOnly"
HANDED_ON = LOOK
"""The policy lane's log line: the bucket lane asks it to look."""

OBJECT_WRITES = ("CopyObject", "UpdateObjectEncryption", "PutObject")
SILENCE_SECONDS = SETTLE_SECONDS + 2.0
_PATIENCE_SECONDS = 20.0
_POLL_SECONDS = 0.05
_NOTHING = Look(encryption="")


@dataclass(slots=True)
class Played:
    """What happened in one scene, and every difference from the expected result.

    `refused` lists Reseal's own object writes that S3 refused. `started` counts the invocations of the
    object function before and after the scene.
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
        """The encryption before the remediation; from Reseal's finding if the auditor read it too late."""
        found = self.findings[0]["before"] if self.findings else None
        if (
            self.scene.end is not End.REMEDIATED
            or self.acted.encryption != self.ended.encryption
            or not found
            or self.scene.over_http
        ):
            return self.acted.encryption
        words = "rotation is off"
        if not self.scene.kms_key:
            words = in_words(found["algorithm"], found["key_id"], bucket_key=found["bucket_key"])
        return f"{words} (from the finding: remediated before the auditor read it)"

    @property
    def seconds(self) -> float | None:
        """The slowest remediation, from the API call to the verified write."""
        times = [f["seconds_to_remediate"] for f in self.findings if f["seconds_to_remediate"] is not None]
        return max(times, default=None)

    @property
    def violations(self) -> int:
        """How many violations the findings report; a summary counts all that it summarises."""
        return violations_in(self.findings)


def play(scene: Scene, world: World) -> Played:
    """Play the scene and record what happened; `demo.verdict` compares it with the expected result."""
    arrivals = world.arrivals
    if scene.end is End.NO_INVOCATION:
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
    arrived = arrivals.wait_for_lines(scene.about(world), *scene.calls, since=lines)
    played.lines = [line for line in arrived if scene.over_http or line["api_call"] != HANDED_ON]
    if len(scene.calls) > 1 and len(scene.keys) > 1:
        _wait_until_reported(world, scene, since=findings)
    played.findings = _about(scene, arrivals.findings[findings:])
    played.refused = _refused(world, scene) if scene.keys else []
    played.started = starts, _starts(world)
    played.ended = _look(world, scene)
    return played


def violations_in(findings: list[dict[str, Any]]) -> int:
    """How many violations these findings report."""
    return sum(f["occurrences"]["count"] if f["occurrences"] else 1 for f in findings)


def _about(scene: Scene, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those about plain HTTP on its bucket if the scene is about that, else all others."""
    if scene.over_http:
        return [f for f in findings if (f["check"], f["resource"]["name"]) == (TLS, scene.bucket)]
    return [f for f in findings if f["check"] != TLS]


def _look(world: World, scene: Scene) -> Look:
    if scene.kms_key:
        return look_at_key(world.key_auditor, scene.about(world))
    if scene.over_http:
        return look_over_http(world.auditor_over_http, scene.bucket)
    return look_at(world.auditor, scene.bucket, scene.keys)


def _refused(world: World, scene: Scene) -> list[str]:
    """From the local cloud's journal of all calls; no other scene uses this bucket."""
    return [
        f"{call['operation']} with {call['status']} {call['error']}"
        for call in world.cloud.journal(service="s3", caller="*EnforceObjectRole*")
        if call["resource"].startswith(f"arn:aws:s3:::{scene.bucket}/")
        and call["operation"] in OBJECT_WRITES
        and call["error"]
    ]


def _starts(world: World) -> int:
    return world.arrivals.starts["ObjectFunctionLogs"]


def _wait_until_reported(world: World, scene: Scene, since: int) -> None:
    """Equal findings are suppressed until their alert window closes."""
    deadline = time.monotonic() + WINDOW_SECONDS + _PATIENCE_SECONDS
    while (
        violations_in(_about(scene, world.arrivals.findings[since:])) < len(scene.keys)
        and time.monotonic() < deadline
    ):
        time.sleep(_POLL_SECONDS)
        world.arrivals.poll()


def _wait_until_idle(world: World) -> None:
    """Wait until no close reminder of an alert window is queued: one would start the function."""
    sqs, url = world.cloud.client("sqs"), world.stack.outputs["UrgentObjectQueueUrl"]
    deadline = time.monotonic() + WINDOW_SECONDS + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        if not any(int(count) for name, count in counts.items() if name.startswith("ApproximateNumber")):
            return
        time.sleep(_POLL_SECONDS)
