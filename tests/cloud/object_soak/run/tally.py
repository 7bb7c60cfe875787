"""Counts the cases by kind and by end."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict

from tests.cloud.object_soak.cases.cases import ENCRYPTIONS, OTHER_MESSAGES, RACES, Case
from tests.cloud.object_soak.run.run import MAIN, Run
from tests.cloud.object_soak.world.calls import FAULTS
from tests.cloud.object_soak.world.resources import BUCKET_KINDS

METHODS = ("CopyObject", "UploadPartCopy", "UpdateObjectEncryption")
EXPECTED = {
    "bucket": BUCKET_KINDS,
    "encryption": tuple(ENCRYPTIONS),
    "method": METHODS,
    "race": RACES,
    "fault": FAULTS,
    "other_messages": OTHER_MESSAGES,
    "ends": ("Applied", "Compliant", "Detected", "Manual", "Failed", "Skipped", "given up"),
}
STEP = 250


class Tally:
    def __init__(self) -> None:
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._began = time.monotonic()
        self._cases = 0

    def begin(self, case: Case) -> None:
        self._cases += 1

    def refused(self, case: Case) -> None:
        self._counts["ends"]["refused by the bucket"] += 1

    def count_end(self, run: Run, *, touched: bool) -> None:
        case, counts = run.case, self._counts
        counts["bucket"][case.written.bucket] += 1
        counts["encryption"][case.written.encryption] += 1
        counts["other_messages"].update(case.arrival.other_messages)
        counts["deliveries"][str(run.deliveries)] += 1
        counts["re-encrypted"]["yes" if touched else "no"] += 1
        if case.race and run.script.raced_before:
            counts["race"][case.race.kind] += 1
            counts["race before"][run.script.raced_before] += 1
        if case.fault and run.script.faulted:
            counts["fault"][case.fault.kind] += 1
            counts["fault at"][run.script.faulted] += 1
        last = run.of_event[-1] if run.of_event else None
        counts["ends"]["given up" if MAIN in run.given_up or last is None else last.result.value] += 1
        if run.entry:
            counts["method"][json.loads(run.entry["entry"]["S"])["action"]] += 1

    def progress(self) -> None:
        if self._cases % STEP == 0:
            print(f"{self._cases} cases in {time.monotonic() - self._began:.0f} s", flush=True)

    def missing(self) -> list[str]:
        return [
            f"{what}: {name}"
            for what, names in EXPECTED.items()
            for name in names
            if not self._counts[what][name]
        ]

    def print(self) -> None:
        print(f"\n{self._cases} cases in {time.monotonic() - self._began:.0f} s")
        for what, counter in self._counts.items():
            print(f"  {what}: " + ", ".join(f"{name} {count}" for name, count in counter.most_common()))
