"""Play a scene and judge it: what arrived and what the auditor reads, against how it must end."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from demo.scenes import End, Scene
from demo.world import SETTLE_SECONDS, World

_SILENCE_SECONDS = SETTLE_SECONDS + 2.0


@dataclass(slots=True)
class Played:
    """What happened in one scene."""

    scene: Scene
    acted: str = ""
    denied: str | None = None
    ended: str = ""
    lines: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float | None:
        """The slowest repair, from the API call to the verified write."""
        times = [f["seconds_to_repair"] for f in self.findings if f["seconds_to_repair"] is not None]
        return max(times, default=None)


def play(scene: Scene, world: World) -> Played:
    """Act, wait for what must arrive, read the bucket back, and note every fault."""
    arrivals = world.arrivals
    arrivals.poll()
    lines_before, findings_before = len(arrivals.lines), len(arrivals.findings)
    untouched = _read(world, scene.bucket)
    played = Played(scene)
    try:
        scene.act(world.people[scene.who], world)
    except ClientError as error:
        played.denied = error.response["Error"]["Code"]
    played.acted = _read(world, scene.bucket)
    if not scene.calls:
        time.sleep(_SILENCE_SECONDS)
    played.lines = arrivals.wait_for_lines(scene.bucket, *scene.calls, since=lines_before)
    played.findings = arrivals.findings[findings_before:]
    played.ended = _read(world, scene.bucket)
    played.faults += _faults(played, world, untouched)
    return played


def _faults(played: Played, world: World, untouched: str) -> list[str]:
    scene, faults = played.scene, []
    sent = sorted((f["check"], f["severity"], f["status"]) for f in played.findings)
    if sent != sorted(scene.findings):
        faults.append(f"findings sent: {sent}, expected: {sorted(scene.findings)}")
    heard = sorted(line["api_call"] for line in played.lines)
    if heard != sorted(scene.calls):
        faults.append(f"events handled: {heard}, expected: {sorted(scene.calls)}")
    if scene.end is End.REPAIRED and not played.ended.startswith(
        f"SSE-KMS under {world.key} with Bucket Key"
    ):
        faults.append("the bucket was not repaired")
    if scene.end is not End.REPAIRED and played.ended != played.acted:
        faults.append("the bucket was touched")
    if scene.end is End.UNHEARD and (played.denied is None or played.ended != untouched):
        faults.append("the call was not denied")
    return faults


def _read(world: World, bucket: str) -> str:
    """The bucket's default encryption in words, read by the auditor where the bucket is."""
    try:
        answer = world.auditor.get_bucket_encryption(Bucket=bucket)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    rule = answer["ServerSideEncryptionConfiguration"]["Rules"][0]
    default = rule["ApplyServerSideEncryptionByDefault"]
    words = {"AES256": "SSE-S3", "aws:kms": "SSE-KMS", "aws:kms:dsse": "DSSE-KMS"}[default["SSEAlgorithm"]]
    if "KMSMasterKeyID" in default:
        words += f" under {default['KMSMasterKeyID']}"
    if rule.get("BucketKeyEnabled"):
        words += " with Bucket Key"
    blocked = "SSE-C" in rule.get("BlockedEncryptionTypes", {}).get("EncryptionType", [])
    return words + (", SSE-C blocked" if blocked else ", SSE-C not blocked")
