"""`python -m operations.verify_aws`: measure AWS in a sandbox account and write a report.

Exit status: 0 all as expected, 1 something seen otherwise, 2 something could not be looked at.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import boto3
import botocore
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from operations.verify_aws import remains, report, run, stack
from operations.verify_aws.bench import PREFIX, Bench, Clients, new_prefix
from operations.verify_aws.measurement import NotSeenError
from operations.verify_aws.plan import plan
from operations.verify_aws.scrub import scrubbed
from operations.verify_aws.state import State, give_up, unfinished
from operations.verify_aws.trail.collector import Collector

RUNS = Path(__file__).resolve().parents[2] / ".local" / "verify-aws"
COULD_NOT_LOOK = 2
_KEPT_APART = ("delay", "received_in")


class StopError(Exception):
    """Why nothing was done."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status."""
    options = _options(arguments)
    screen = Console(highlight=False)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        clients = Clients(boto3.Session(region_name=options.region))
        if options.clean:
            return _clean_all(clients, options.folder, screen)
        state = _begin(clients, options, screen)
    except (BotoCoreError, ClientError, StopError) as error:
        print(f"verify-aws: nothing was measured: {error}", file=sys.stderr)
        return COULD_NOT_LOOK
    return _carry_out(clients, state, options, screen)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="verify-aws", description="Measure what Reseal takes for granted.")
    parser.add_argument("--region", help="the Region to measure in (default: that of your AWS settings)")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--stack", action="store_true", help="also deploy Reseal in detect mode, and remove it"
    )
    parser.add_argument(
        "--later", action="store_true", help="do not wait for the records: --resume reads them"
    )
    parser.add_argument("--resume", action="store_true", help="go on with the last run that has not ended")
    parser.add_argument("--clean", action="store_true", help="only remove what earlier runs left")
    parser.add_argument(
        "--minutes", type=float, default=30, help="the longest wait for records (%(default)s)"
    )
    parser.add_argument("--pause", type=float, default=10, help="seconds between two looks (%(default)s)")
    parser.add_argument("--folder", type=Path, default=RUNS, help="where reports go (%(default)s)")
    return parser.parse_args(arguments)


def _begin(clients: Clients, options: argparse.Namespace, screen: Console) -> State:
    """The state of the run: a new one that was agreed to, or the one to resume. Raises StopError."""
    if options.resume:
        states = unfinished(options.folder)
        if not states:
            raise StopError("there is no run to resume")
        state = states[0]
        if (state.account, state.region) != (clients.account, clients.region):
            raise StopError(f"that run is of account {state.account} in {state.region}")
        return state
    if left := remains.found(clients, PREFIX):
        screen.print("An earlier run, or one that is under way, has left:", *left, sep="\n  ", markup=False)
        _agree("Remove it first?", options, screen)
        if _clean_all(clients, options.folder, screen):
            raise StopError("what an earlier run left could not be removed")
    prefix = new_prefix()
    screen.print(plan(clients, prefix, with_stack=options.stack), markup=False, soft_wrap=True)
    _agree("Go on?", options, screen)
    return State(
        folder=options.folder / prefix,
        account=clients.account,
        region=clients.region,
        prefix=prefix,
        with_stack=options.stack,
    )


def _agree(question: str, options: argparse.Namespace, screen: Console) -> None:
    """Raises StopError unless the user says yes."""
    if options.yes:
        return
    if not sys.stdin.isatty():
        raise StopError("there is nobody to ask; pass --yes if you agree")
    if screen.input(f"{question} [yes/no] ").strip() != "yes":
        raise StopError("you did not agree")


def _carry_out(clients: Clients, state: State, options: argparse.Namespace, screen: Console) -> int:
    """The run, from what it has already; removes everything in the end, whatever happens."""
    state.save()
    problem = ""
    try:
        if _measured(clients, state, options, screen):
            screen.print("The calls are made. ARGS=--resume reads their records, then removes everything.")
            return COULD_NOT_LOOK
    except run.ExpiredError:
        screen.print(
            "Your credentials are no longer valid. Log in again, then: make verify-aws ARGS=--resume"
        )
        return COULD_NOT_LOOK
    except KeyboardInterrupt:
        problem = "stopped by the user"
    except (BotoCoreError, ClientError) as error:
        problem = str(error)
    except BaseException:
        _clean(clients, state.prefix, screen)
        raise
    run.read(state)
    code = _clean(clients, state.prefix, screen)
    _write(state)
    screen.print(report.as_text(list(state.rows.values())), markup=False, soft_wrap=True)
    screen.print(f"Report and records: {state.folder}", markup=False, soft_wrap=True)
    if problem:
        print(f"verify-aws: not everything was measured: {problem}", file=sys.stderr)
    state.finished = not code
    state.save()
    return max(report.exit_code(state.rows.values()), code) if not problem else COULD_NOT_LOOK


def _measured(clients: Clients, state: State, options: argparse.Namespace, screen: Console) -> bool:
    """Make and wait for everything; True if the records are left for later."""
    bench, collector = Bench(clients, state.prefix), Collector(clients, state.prefix)
    pace = run.Pace(options.minutes * 60, options.pause)
    with screen.status("") as status:

        def say(text: str) -> None:
            status.update(text)
            if not screen.is_terminal:
                screen.print(text, markup=False, soft_wrap=True)

        collects = run.collect(bench, collector, state, say)
        run.measure(bench, state, say)
        if collects:
            run.make_calls(bench, collector, state, pace, say)
            if options.later:
                return True
            run.await_records(collector, state, pace, say)
        if state.with_stack:
            _prove(bench, state, pace, say)
    return False


def _prove(bench: Bench, state: State, pace: run.Pace, say: run.Say) -> None:
    try:
        rows = stack.prove(bench, pace.seconds, pace.pause, say)
    except (NotSeenError, ClientError, BotoCoreError) as error:
        rows = [report.row_of(scene.asks, None, run.why(error)) for scene in stack.SCENES]
    state.rows |= {row.name: row for row in rows}
    state.save()


def _clean_all(clients: Clients, runs: Path, screen: Console) -> int:
    """Remove what all earlier runs made."""
    code = _clean(clients, PREFIX, screen)
    if not code:
        give_up(runs, clients.account)
    return code


def _clean(clients: Clients, prefix: str, screen: Console) -> int:
    """Remove everything with the prefix. Returns 2 if something is left, else 0."""
    try:
        left = remains.remove_all(
            clients, prefix, lambda text: screen.print(text, markup=False, soft_wrap=True)
        )
    except KeyboardInterrupt:
        left = ["the rest, because you stopped it"]
    for one in left:
        print(f"verify-aws: not removed: {one}", file=sys.stderr)
    if left:
        print("verify-aws: run it again with ARGS=--clean", file=sys.stderr)
    return COULD_NOT_LOOK if left else 0


def _write(state: State) -> None:
    """The report, and the records without names, one file for each call."""
    rows, events = list(state.rows.values()), state.folder / "events"
    document = report.as_document(
        rows,
        region=state.region,
        day=f"{datetime.now(UTC):%Y-%m-%d}",
        software=f"botocore {botocore.__version__}",
    )
    (state.folder / "report.json").write_text(json.dumps(document, indent=1) + "\n")
    (state.folder / "report.txt").write_text(report.as_text(rows))
    events.mkdir(exist_ok=True)
    for name, records in state.records.items():
        for number, record in enumerate(records, start=1):
            event = {field: value for field, value in record.items() if field not in _KEPT_APART}
            file = events / (f"{name}.json" if number == 1 else f"{name}_{number}.json")
            file.write_text(_as_json(scrubbed(event, state.account)))


def _as_json(event: Any) -> str:
    return json.dumps(event, indent=2, ensure_ascii=False) + "\n"


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
