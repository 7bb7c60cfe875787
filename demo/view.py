"""Print the keys and the scenes. It only renders what arrived and what the auditor read."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape

from demo.auditor import Look
from demo.runner import Played
from demo.scene import End
from demo.world import World

_LOG_WIDTH = 140  # without a terminal, which would know its width
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
    """Show a long step while it runs, then how long it took."""
    started = time.monotonic()
    with console.status(f"{title} ..."):
        yield
    console.print(f"[dim]{time.monotonic() - started:5.1f} s[/]  {title}")


def show_world(world: World) -> None:
    """Introduce the keys, which the scenes name in words."""
    console.print(f"\n  the remediation key      {world.key}")
    console.print(f"  the data team's key      {world.team_key}")
    console.print(
        f"  the foreign key          {world.foreign_key} (another account's; closed to this account)"
    )
    console.print(f"  the partner's key        {world.partner_key} (another account's; open to this account)")
    console.print(f"  mallory's key            {world.mallory_key} (another account's; open to mallory only)")


def show_scene(number: int, played: Played, world: World) -> None:
    """Print one scene: the calls, the log lines, the findings, and what the auditor read."""
    scene = played.scene
    about = f"bucket {scene.bucket}"
    if scene.keys:
        about = f"object {scene.bucket}/{scene.keys[0]}" + (" ..." if len(scene.keys) > 1 else "")
    console.print(f"\n[bold]{number}  {scene.who} {scene.title}[/]   [dim]{about}[/]")
    if played.denied:
        _row("S3 answered", played.denied)
    _show_lines(played, world)
    for refused in played.refused:
        _row("S3 refused", f"Reseal's {refused}")
    for finding in played.findings:
        _show_finding(finding, world)
    _show_looks(played, world)
    if scene.end is End.NO_INVOCATION:
        before, after = played.started
        _row("invocations", f"of the object function: {before} before the scene, {after} after it")
    if played.seconds is not None:
        actions = " and ".join(sorted({f["action"] for f in played.findings if f["action"]}))
        _row("remediated", f"{played.seconds:.1f} s after the call, by {actions}")
    for fault in played.faults:
        _row("WRONG", escape(fault), "bold red")


def _row(name: str, text: str, style: str = "not bold") -> None:
    console.print(f"     [{style}]{name:<13}[/] {text}")


def _show_lines(played: Played, world: World) -> None:
    """The log lines; equal ones are shown once, with a count."""
    counts = Counter((line["api_call"], line["actor"], line["tool"], line["result"]) for line in played.lines)
    for (call, who, tool, result), count in counts.items():
        many = f"  [bold]x {count}[/]" if count > 1 else ""
        _row("event", f"{call} by {who} ({tool}): {result}{many}")
    for line in played.lines:
        if line["reason"] and (line["result"] == "Skipped" or not played.findings):
            _row("reason", escape(_named(str(line["reason"]), world)))


def _show_finding(finding: Mapping[str, Any], world: World) -> None:
    style, many = _SEVERITY_STYLE[finding["severity"]], finding["occurrences"]
    count = f"  [bold]x {many['count']}[/]" if many and many["count"] > 1 else ""
    _row(
        "finding", f"[{style}]{finding['severity']}[/] {finding['status']}  {escape(finding['title'])}{count}"
    )
    _row("", escape(_named(finding["reason"], world)))
    if finding["recommendation"]:
        _row("", f"[dim]{escape(_named(finding['recommendation'], world))}[/]")


def _show_looks(played: Played, world: World) -> None:
    acted, ended = played.acted, played.ended
    before, after = (escape(_named(text, world)) for text in (played.before, ended.encryption))
    _row(
        "state",
        f"{after}  [dim](not changed)[/]" if before == after else f"{before}  [bold]->[/]  {after}",
    )
    if ended.rest:
        kept = played.scene.end is End.REMEDIATED and acted.rest == ended.rest
        _row("kept" if kept else "has", escape(_in_words(ended)))


def _in_words(look: Look) -> str:
    return "; ".join(f"{name} {text}" for name, text in look.rest.items())


def _named(text: str, world: World) -> str:
    """The text with the name of each key in place of its ARN."""
    names = {
        world.key: "the remediation key",
        world.team_key: "the team's key",
        world.foreign_key: "the foreign key",
        world.partner_key: "the partner's key",
        world.mallory_key: "mallory's key",
    }
    for arn, name in names.items():
        text = text.replace(arn, name)
    return text


def found_in_words(findings: Sequence[Mapping[str, Any]], violations: int) -> str:
    """Severity and status of each finding; equal ones once, with the number of violations they report."""
    ends = [f"{finding['severity']} {finding['status']}" for finding in findings]
    if violations == len(ends):
        return ", ".join(ends) or "none"
    return f"{', '.join(dict.fromkeys(ends))} x {violations} in {len(ends)} messages"
