"""Print the keys and the scenes. It only renders what arrived and what the auditor read."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table

from demo.auditor import Look
from demo.runner import Played, violations_in
from demo.scene import End
from demo.sweep import Swept
from demo.world import World

_LOG_WIDTH = 140  # without a terminal, which would know its width
_WITHOUT_FINDING = ("Compliant", "Exempt", "Skipped")
_SEVERITY_STYLE = {
    "CRITICAL": "bold white on red",
    "HIGH": "bold red",
    "MEDIUM": "yellow",
    "LOW": "cyan",
    "INFORMATIONAL": "blue",
}

console = Console(highlight=False)
if not console.is_terminal:
    console = Console(highlight=False, width=_LOG_WIDTH)


def waiting(title: str) -> AbstractContextManager[Any]:
    """Show that something takes time."""
    return console.status(f"{title} ...")


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show a long step while it runs, then how long it took."""
    started = time.monotonic()
    with waiting(title):
        yield
    console.print(f"[dim]{time.monotonic() - started:5.1f} s[/]  {title}")


def show_error(what: str, error: Exception) -> None:
    """An error with its reason, which may contain anything that a program prints."""
    console.print(f"[bold red]{what}[/]")
    console.print(str(error), markup=False, soft_wrap=True)


def show_world(world: World) -> None:
    """Introduce the keys, which the scenes name in words."""
    console.print()
    print_rows(
        [
            ("the remediation key", world.key),
            ("the team's key", world.team_key),
            ("the foreign key", f"{world.foreign_key} (another account's; closed to this account)"),
            ("the partner's key", f"{world.partner_key} (another account's; open to this account)"),
            ("mallory's key", f"{world.mallory_key} (another account's; open to mallory only)"),
            ("the key with imported material", world.imported_key),
        ],
        indent=2,
    )


def show_group(title: str) -> None:
    """Print the title of the scenes that follow."""
    console.print()
    console.print(Rule(f"[bold]{title}[/]", align="left", style="dim"))


def show_scene(number: int, played: Played, world: World) -> None:
    """Print one scene: the calls, the log lines, the findings, and what the auditor read."""
    scene = played.scene
    about = f"bucket {scene.bucket}"
    if scene.keys:
        about = f"object {scene.bucket}/{scene.keys[0]}" + (" ..." if len(scene.keys) > 1 else "")
    if scene.kms_key:
        about = _named(scene.about(world), world)
    console.print()
    print_rows([(f"[bold]{number:>2}[/]", f"[bold]{scene.who} {scene.title}[/]   [dim]{about}[/]")])
    print_rows(_rows_of(played, world), indent=4)


def print_rows(rows: Iterable[tuple[str, str]], indent: int = 0) -> None:
    """Two columns; the second is wrapped at the width of the terminal."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for row in rows:
        grid.add_row(*row)
    console.print(Padding(grid, (0, 0, 0, indent)))


def _rows_of(played: Played, world: World) -> Iterator[tuple[str, str]]:
    if played.denied:
        yield "S3 answered", played.denied
    yield from _events(played, world)
    for refused in played.refused:
        yield "S3 refused", f"Reseal's {refused}"
    for equal in grouped(played.findings):
        yield from _finding(equal, played, world)
    yield from _looks(played, world)
    if played.scene.end is End.NO_INVOCATION:
        before, after = played.started
        yield "invocations", f"of the object function: {before} before the scene, {after} after it"
    if played.seconds is not None:
        actions = " and ".join(sorted({f["action"] for f in played.findings if f["action"]}))
        yield "remediated", f"{played.seconds:.1f} s after the call, by {actions}"
    for fault in played.faults:
        yield "[bold red]WRONG[/]", escape(fault)


def _events(played: Played, world: World) -> Iterator[tuple[str, str]]:
    """The events that arrived; equal ones once, with a count. Findings say what came of the others."""
    counts = Counter((line["api_call"], line["actor"], line["result"]) for line in played.lines)
    for (call, who, result), count in counts.items():
        many = f"  [bold]x {count}[/]" if count > 1 else ""
        ended = f": {result.lower()}" if result in _WITHOUT_FINDING else ""
        by = f" by {escape(who.rpartition(':')[2])}" if who else ""
        yield "event", f"{call}{by}{ended}{many}"
    for line in played.lines:
        if line["reason"] and (line["result"] == "Skipped" or not played.findings):
            yield "reason", escape(_named("; ".join(line["reason"]), world))


def grouped(findings: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Findings of one check with the same status and words are shown once."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for finding in findings:
        same = tuple(finding[name] for name in ("check", "status", "reason", "recommendation"))
        groups.setdefault(same, []).append(finding)
    return list(groups.values())


def _finding(equal: list[dict[str, Any]], played: Played, world: World) -> Iterator[tuple[str, str]]:
    finding, count = equal[0], violations_in(equal)
    severities = dict.fromkeys(one["severity"] for one in equal)
    styled = ", ".join(f"[{_SEVERITY_STYLE[severity]}]{severity}[/]" for severity in severities)
    title = finding["title"]
    if len(played.scene.keys) > 1 and count > 1:
        title = f"{title.partition(' of ')[0]} of {count} objects in bucket {played.scene.bucket}"
    many = f"  [dim]({len(equal)} messages)[/]" if len(equal) > 1 else ""
    yield "finding", f"{styled} {finding['status']}  {escape(title)}{many}"
    yield "", escape(_named(finding["reason"], world))
    yield from _timeline(finding, world)
    if finding["recommendation"]:
        yield "", f"[dim]{escape(_named(finding['recommendation'], world))}[/]"


def _timeline(finding: Mapping[str, Any], world: World) -> Iterator[tuple[str, str]]:
    """The signs of the incident, if there are several."""
    incident = (finding["occurrences"] or {}).get("incident") or {"signs": []}
    for sign in incident["signs"] if len(incident["signs"]) > 1 else ():
        who = (sign["who"] or "unknown").rpartition(":")[2]
        where = ", ".join(name for name in (sign["bucket"], sign["key"]) if name)
        shown = f"{sign['at'][11:19]} {who}: {sign['sign']}, {where}"
        yield "sign", escape(_named(shown, world))


def _looks(played: Played, world: World) -> Iterator[tuple[str, str]]:
    acted, ended = played.acted, played.ended
    before, after = (escape(_named(text, world)) for text in (played.before, ended.encryption))
    yield "state", f"{after}  [dim](not changed)[/]" if before == after else f"{before}  [bold]->[/]  {after}"
    if ended.rest:
        kept = played.scene.end is End.REMEDIATED and acted.rest == ended.rest
        yield "kept" if kept else "has", escape(_in_words(ended))


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
        world.imported_key: "the key with imported material",
    }
    for arn, name in names.items():
        text = text.replace(arn, name)
    return text


def show_sweep(swept: Swept | None) -> None:
    """Print what the sweep at the end counted."""
    show_group("A sweep over every bucket that the scenes left")
    if swept is None:
        console.print("[bold red]no message of the sweep came[/]")
        return
    summary = swept.summary
    print_rows(
        [
            ("looked at", f"{summary['buckets']} buckets, {summary['keys']} keys"),
            *((check, _counted(found)) for check, found in summary["counts"].items()),
            ("report", str(swept.page)),
        ],
        indent=2,
    )


def _counted(found: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {status}" for status, count in sorted(found.items()))


def found_in_words(findings: Sequence[Mapping[str, Any]], violations: int) -> str:
    """Severity and status of each finding; equal ones once, with the number of violations they report."""
    ends = [f"{finding['severity']} {finding['status']}" for finding in findings]
    if violations == len(ends):
        return ", ".join(ends)
    return f"{', '.join(dict.fromkeys(ends))} x {violations}, in {len(ends)} messages"
