"""`python -m benchmarks.before FOLDER`: what an event costs here and in another checkout, in pairs.

FOLDER is a checkout of another commit whose layer was built there. Each pair measures both, one directly
after the other and the first in turns, so that other load on the machine affects both alike.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import boto3

from benchmarks.measure import ROWS, STARTS, Bench, Row
from benchmarks.packages import CUSTODIAN_PYTHON, Packages, lay_out_reseal
from benchmarks.policies import AS_DOCUMENTED
from benchmarks.products import RESEAL
from benchmarks.server import moto_server
from benchmarks.world import CREDENTIALS, REGION, REPOSITORY, World, make_world, put_state

EVENTS = 60
_BEFORE, _NOW = "before", "now"


def main() -> int:
    """Measure the pairs and print their medians."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.before", description=__doc__)
    parser.add_argument("folder", type=Path, help="a checkout of another commit, with its layer built")
    parser.add_argument("--pairs", type=int, default=9, help="pairs of each row (default: %(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reseal-before-") as home, moto_server(CUSTODIAN_PYTHON) as moto:
        client = partial(
            boto3.client,
            endpoint_url=moto,
            region_name=REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )
        world = make_world(client)
        checkouts = {_BEFORE: options.folder.resolve(), _NOW: REPOSITORY}
        benches = {name: _bench(Path(home) / name, folder, world, moto) for name, folder in checkouts.items()}
        _measure(benches, partial(put_state, client("s3"), world), options.pairs)
    return 0


def _bench(home: Path, checkout: Path, world: World, endpoint: str) -> Bench:
    packages = Packages(home)
    packages.policy_directory(AS_DOCUMENTED).mkdir(parents=True)
    lay_out_reseal(packages, checkout)
    return Bench(packages, world, endpoint, checkout)


def _measure(benches: Mapping[str, Bench], put: partial[None], pairs: int) -> None:
    for row in (row for row in ROWS if row.product == RESEAL and row.cold):
        found = _pairs(benches, pairs, lambda bench, row=row: bench.warm_once(row, EVENTS))
        _print(f"{row.state}, warm", found)
        calls = {name: Counter(runs[-1]["calls"]) for name, runs in found.items()}
        print(f"  calls: {calls[_BEFORE].total()} before, {calls[_NOW].total()} now")
        print(f"  only before: {_words(calls[_BEFORE] - calls[_NOW])}")
        print(f"  only now: {_words(calls[_NOW] - calls[_BEFORE])}")
    for row in (row for row in STARTS if row.product == RESEAL):

        def start(bench: Bench, row: Row = row) -> dict[str, Any]:
            put(row.state)
            return bench.cold(row)

        how = "with bytecode" if row.compiled else "from sources"
        _print(f"{row.state}, first event {how}", _pairs(benches, pairs, start))


def _pairs(benches: Mapping[str, Bench], pairs: int, measure: Any) -> Mapping[str, Sequence[Any]]:
    found: dict[str, list[Any]] = {name: [] for name in benches}
    for number in range(pairs):
        for name in sorted(benches, reverse=number % 2 == 1):
            found[name].append(measure(benches[name]))
    return found


def _print(title: str, found: Mapping[str, Sequence[Any]]) -> None:
    cpu = {name: [run["cpu"] * 1e3 for run in runs] for name, runs in found.items()}
    ratios = [now / before for before, now in zip(cpu[_BEFORE], cpu[_NOW], strict=True)]
    print(
        f"{title}: {median(cpu[_BEFORE]):.1f} ms CPU before, {median(cpu[_NOW]):.1f} now; "
        f"now/before {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f} in {len(ratios)} pairs)",
        flush=True,
    )


def _words(calls: Counter[str]) -> str:
    return ", ".join(f"{n} {name}" for name, n in calls.items()) or "none"


if __name__ == "__main__":
    sys.exit(main())
