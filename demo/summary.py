"""What is shown at the end: a row for every scene, Reseal's own writes, and what the demo does not prove."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

from demo.runner import OBJECT_WRITES, Played
from demo.view import console, found_in_words
from demo.world import World

NOT_PROVEN = (
    "that AWS delivers these events, and how fast: here they arrive at once, in documented shapes",
    "CloudTrail's delay on AWS: minutes, for data events too; until then a violating object can be read",
    "e-mail and alarms: the local cloud sends no e-mail and evaluates no alarm",
    "AWS's own IAM and KMS: here an emulator evaluates the roles and policies of the template",
    "S3's own answers to copies, preconditions, Object Lock and UpdateObjectEncryption: here emulated",
    "objects above 5 GB, with ACLs, replicated or client-encrypted; buckets with notifications: no scene",
    "AWS's throttling and eventual consistency at their real pace (the tests inject both)",
    "the settle time of 30 s and the alert window of 15 minutes: the demo shortens both",
    "costs: data events, requests to S3 and KMS, retrieval fees for copied objects",
)
_WRITES = ("PutBucketEncryption", "PutBucketPolicy", *OBJECT_WRITES)
_OWN_ROLES = ("EnforceBucketRole", "EnforceObjectRole")


@dataclass(frozen=True, slots=True)
class OwnWrites:
    """Reseal's own successful writes to S3, and how many of their events reached a function (a loop)."""

    made: int
    delivered: int


def own_writes(world: World) -> OwnWrites:
    """Count the writes in the local cloud's journal, and their events in the functions' logs."""
    world.arrivals.poll()
    made = [
        call
        for role in _OWN_ROLES
        for call in world.cloud.journal(service="s3", caller=f"*{role}*")
        if call["operation"] in _WRITES and not call["error"]
    ]
    actors = [line.get("actor", "") for line in world.arrivals.lines]
    return OwnWrites(len(made), sum(role in actor for actor in actors for role in _OWN_ROLES))


def show_summary(played: Sequence[Played], own: OwnWrites, started: float) -> bool:
    """Print the summary; whether every scene had the expected result and no own write came back."""
    console.print(_table(played))
    wrong = sum(bool(one.faults) for one in played)
    console.print(f"\n{len(played) - wrong} of {len(played)} scenes had the expected result.")
    console.print(
        f"Reseal made {own.made} writes to S3; {own.delivered} of their events came back to a function."
    )
    console.print(f"{time.monotonic() - started:.0f} s in total.\n\nNot proven by this demo:")
    for sentence in NOT_PROVEN:
        console.print(f"  - {sentence}")
    return wrong == 0 and own.delivered == 0


def _table(played: Sequence[Played]) -> Table:
    table = Table(title="\nSummary", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for column in ("", "scene", "expected result", "findings", "seconds"):
        table.add_column(column, no_wrap=column in {"", "seconds"})
    for number, one in enumerate(played, 1):
        mark = "[bold red]wrong[/]" if one.faults else "[green]ok[/]"
        seconds = "" if one.seconds is None else f"{one.seconds:.1f}"
        title = f"{number} {one.scene.who} {one.scene.title}"
        table.add_row(mark, title, one.scene.end.value, found_in_words(one.findings, one.violations), seconds)
    return table
