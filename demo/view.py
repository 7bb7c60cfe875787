"""What is shown. It renders what arrived and what was read back, and computes nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from demo.performance import Played
from demo.world import World

NOT_PROVEN = (
    "that AWS delivers these events, and how fast: here CloudTrail events come at once, in documented shapes",
    "that e-mail arrives and alarms ring: the local cloud sends no e-mail and evaluates no alarm",
    "AWS's own IAM, KMS and S3: the roles and policies of the template are evaluated, by an emulator",
    "AWS's throttling and eventual consistency at their real pace (the tests inject both)",
    "the settle time of 30 s: here it is shortened by the parameter SettleSeconds",
)
_LOG_WIDTH = 140  # where there is no terminal to ask
_SEVERITY_STYLE = {
    "CRITICAL": "bold white on red",
    "HIGH": "bold red",
    "MEDIUM": "yellow",
    "LOW": "cyan",
    "INFORMATIONAL": "blue",
}

console = Console(highlight=False, soft_wrap=True)
if not console.is_terminal:
    console = Console(highlight=False, soft_wrap=True, width=_LOG_WIDTH)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show a long step while it runs, and how long it took."""
    started = time.monotonic()
    with console.status(f"{title} ..."):
        yield
    console.print(f"[dim]{time.monotonic() - started:5.1f} s[/]  {title}")


def show_world(world: World) -> None:
    """Name the keys once, so that the scenes can be read."""
    console.print(f"\n  K, Reseal's own key      {world.key}")
    console.print(f"  the data team's key      {world.team_key}")
    console.print(f"  another account's key    {world.foreign_key}")


def show_scene(number: int, played: Played, world: World) -> None:
    """One scene: the act, what the log line and the messages said, and the bucket read back."""
    scene = played.scene
    console.print(f"\n[bold]{number}  {scene.who} {scene.title}[/]   [dim]bucket {scene.bucket}[/]")
    if played.denied:
        console.print(f"     S3 answered   {played.denied}")
    for line in played.lines:
        console.print(
            f"     heard         {line['api_call']} by {line['actor']} ({line['tool']}): {line['result']}"
        )
        if not played.findings and line["reason"]:
            console.print(f"     reason        {escape(str(line['reason']))}")
    for finding in played.findings:
        style = _SEVERITY_STYLE[finding["severity"]]
        console.print(
            f"     message       [{style}]{finding['severity']}[/] {finding['status']}  {finding['title']}"
        )
        console.print(f"                   {escape(_named(finding['reason'], world))}")
        if finding["way_out"]:
            console.print(f"                   [dim]{escape(_named(finding['way_out'], world))}[/]")
    arrow = f"{_named(played.acted, world)}  [bold]->[/]  {_named(played.ended, world)}"
    unchanged = f"{_named(played.ended, world)}  [dim](not touched)[/]"
    console.print(f"     read back     {unchanged if played.acted == played.ended else arrow}")
    if played.seconds is not None:
        console.print(f"     repaired      {played.seconds:.1f} s after the call")
    for fault in played.faults:
        console.print(f"     [bold red]WRONG[/]         {escape(fault)}")


def show_summary(played: Sequence[Played], loops: int, started: float) -> bool:
    """The table of all scenes and what was not proven; whether everything ended as it must."""
    table = Table(title="\nSummary", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for column in ("", "scene", "must end", "findings", "seconds"):
        table.add_column(column, no_wrap=column != "scene")
    for number, one in enumerate(played, 1):
        mark = "[bold red]wrong[/]" if one.faults else "[green]ok[/]"
        findings = ", ".join(f"{f['severity']} {f['status']}" for f in one.findings) or "none"
        seconds = "" if one.seconds is None else f"{one.seconds:.1f}"
        title = f"{number} {one.scene.who} {one.scene.title}"
        table.add_row(mark, title, one.scene.end.value, findings, seconds)
    console.print(table)
    wrong = sum(bool(one.faults) for one in played)
    console.print(f"\n{len(played) - wrong} of {len(played)} scenes ended as they must. ", end="")
    console.print(f"Reseal's own writes that came back as events of work: {loops}.")
    console.print(f"{time.monotonic() - started:.0f} s in all.\n\nNot proven here:")
    for sentence in NOT_PROVEN:
        console.print(f"  - {sentence}")
    return wrong == 0 and loops == 0


def _named(text: str, world: World) -> str:
    """The text with the three keys called by the names they were introduced with."""
    names = {world.key: "K", world.team_key: "the team's key", world.foreign_key: "the foreign key"}
    for arn, name in names.items():
        text = text.replace(arn, name)
    return text
