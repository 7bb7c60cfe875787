"""What is shown at the end: every scene in a row, Reseal's own writes, and what was not proven."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

from demo.runner import OBJECT_WRITES, Played
from demo.view import console, found_in_words
from demo.world import World

NOT_PROVEN = (
    "that AWS delivers these events, and how fast: here CloudTrail events come at once, in documented shapes",
    "CloudTrail's delay on AWS: minutes for data events too, in which a wrongly encrypted object can be read",
    "that e-mail arrives and alarms ring: the local cloud sends no e-mail and evaluates no alarm",
    "AWS's own IAM and KMS: the roles and policies of the template are evaluated, by an emulator",
    "S3's own answers to copies, preconditions, Object Lock and UpdateObjectEncryption: as documented",
    "objects above 5 GB, with ACLs, replicated or client-encrypted, buckets that notify: in no scene here",
    "AWS's throttling and eventual consistency at their real pace (the tests inject both)",
    "the settle time of 30 s and the alert window of 15 minutes: here parameters shorten them",
    "what it costs: data events, requests to S3 and KMS, the retrieval of what is copied",
)
_WRITES = ("PutBucketEncryption", "PutBucketPolicy", *OBJECT_WRITES)
_OWN_ROLES = ("EnforceBucketRole", "EnforceObjectRole")


@dataclass(frozen=True, slots=True)
class OwnWrites:
    """Reseal's own writes to S3 that succeeded, and how many of them reached a function: turns of a loop."""

    made: int
    heard: int


def own_writes(world: World) -> OwnWrites:
    """Count them: what was made by the local cloud's journal, what was heard by the lanes' logs."""
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
    """The table of all scenes and what was not proven; whether everything ended as it must."""
    console.print(_table(played))
    wrong = sum(bool(one.faults) for one in played)
    console.print(f"\n{len(played) - wrong} of {len(played)} scenes ended as they must.")
    console.print(f"Of Reseal's own {own.made} writes to S3, in both lanes, {own.heard} came back as work.")
    console.print(f"{time.monotonic() - started:.0f} s in all.\n\nNot proven here:")
    for sentence in NOT_PROVEN:
        console.print(f"  - {sentence}")
    return wrong == 0 and own.heard == 0


def _table(played: Sequence[Played]) -> Table:
    table = Table(title="\nSummary", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for column in ("", "scene", "must end", "findings", "seconds"):
        table.add_column(column, no_wrap=column in {"", "seconds"})
    for number, one in enumerate(played, 1):
        mark = "[bold red]wrong[/]" if one.faults else "[green]ok[/]"
        seconds = "" if one.seconds is None else f"{one.seconds:.1f}"
        title = f"{number} {one.scene.who} {one.scene.title}"
        table.add_row(mark, title, one.scene.end.value, found_in_words(one.findings, one.told), seconds)
    return table
