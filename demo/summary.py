"""What is shown at the end: each scene, Reseal's own writes, what is not proven, and what to do next."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

from demo.runner import OBJECT_WRITES, Played
from demo.sweep import Swept
from demo.view import console, found_in_words, print_rows, show_group
from demo.world import World

NOT_PROVEN = (
    "Not proven here: AWS's own IAM, KMS, S3 and event delivery, which are emulated; CloudTrail's delay of "
    "minutes; e-mail, alarms, throttling and costs on AWS. Settle time and alert window are shortened. "
    "All of it: docs/quickstart.md, What the demo does not prove."
)
NEXT = (
    ("make local", "the same local cloud for you to try, with the findings as they arrive"),
    ("docs/quickstart.md", "deploy Reseal to an AWS account, without the right to write first"),
)
ALL_SCENES = ("make demo", "all scenes: this was the short form")
_WRITES = ("EnableKeyRotation", "PutBucketEncryption", "PutBucketPolicy", *OBJECT_WRITES)
_OWN_ROLES = ("EnforceBucketRole", "EnforceKeyRole", "EnforceObjectRole", "EnforcePolicyRole")


@dataclass(frozen=True, slots=True)
class OwnWrites:
    """Reseal's own successful writes, and how many of their events reached a function, as in a loop."""

    made: int
    delivered: int


def own_writes(world: World) -> OwnWrites:
    """Count the writes in the local cloud's journal, and their events in the functions' logs."""
    world.arrivals.poll()
    made = [
        call
        for role in _OWN_ROLES
        for service in ("s3", "kms")
        for call in world.cloud.journal(service=service, caller=f"*{role}*")
        if call["operation"] in _WRITES and not call["error"]
    ]
    actors = [line.get("actor", "") for line in world.arrivals.lines]
    return OwnWrites(len(made), sum(role in actor for actor in actors for role in _OWN_ROLES))


def show_summary(
    played: Sequence[Played], own: OwnWrites, swept: Swept | None, started: float, *, short: bool
) -> bool:
    """Print the summary; whether every scene had its result, no own write came back, and a sweep reported."""
    show_group("Summary")
    console.print(_table(played))
    wrong = sum(bool(one.faults) for one in played)
    console.print(f"\n{len(played) - wrong} of {len(played)} scenes had the expected result.")
    console.print(
        f"Reseal made {own.made} writes to S3 and KMS; "
        f"{own.delivered} of their events came back to a function."
    )
    console.print(f"{time.monotonic() - started:.0f} s in total. {NOT_PROVEN}\n")
    console.print("[bold]Next[/]")
    page = [(str(swept.page), "the report of the sweep: open it in a browser")] if swept else []
    print_rows([*page, *((ALL_SCENES, *NEXT) if short else NEXT)], indent=2)
    return wrong == 0 and own.delivered == 0 and swept is not None


def _table(played: Sequence[Played]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for ratio in (None, None, 3, 2, None):
        table.add_column(no_wrap=ratio is None, overflow="fold", ratio=ratio)
    for number, one in enumerate(played, 1):
        mark = "[bold red]wrong[/]" if one.faults else "[green]ok[/]"
        seconds = "" if one.seconds is None else f"{one.seconds:.1f} s"
        result = found_in_words(one.findings, one.violations) or one.scene.end.value
        table.add_row(mark, str(number), f"{one.scene.who} {one.scene.title}", result, seconds)
    return table
