"""The end of a sweep: its report in three forms, and the one message about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reseal.core.policy.policy import Policy
from reseal.core.sweep.files import csv, json_lines
from reseal.core.sweep.html.page import page
from reseal.core.sweep.progress import Progress
from reseal.core.sweep.report import report_of
from reseal.core.sweep.rows import Rows, severities
from reseal.core.sweep.summary import summary_of
from reseal.ports import Clock, Reports, Topic

MOST_SINGLE = 20
"""CRITICAL findings of one sweep that are published one by one. The summary counts all."""

FORMS = {
    "jsonl": (json_lines, "application/x-ndjson"),
    "csv": (csv, "text/csv; charset=utf-8"),
    "html": (page, "text/html; charset=utf-8"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """Writes the report, then publishes the message. `version` is Reseal's."""

    policy: Policy
    reports: Reports
    topic: Topic
    clock: Clock
    version: str

    def __call__(self, progress: Progress, rows: Rows) -> Mapping[str, Mapping[str, int]]:
        """Finish the sweep; returns its counts. Raises TransientError.

        A repetition writes the same files again, and publishes the same message.
        """
        ended = self.clock.now()
        report = report_of(self.policy.default, progress, rows, version=self.version, ended_at=ended)
        folder = f"sweeps/{progress.started_at:%Y-%m-%dT%H%M%SZ}-{progress.sweep}"
        for form, (render, content_type) in FORMS.items():
            self.reports.write(f"{folder}/report.{form}", render(report), content_type)
        files = {form: self.reports.place(f"{folder}/report.{form}") for form in FORMS}
        single = min(progress.critical, MOST_SINGLE)
        self.topic.publish(summary_of(report, progress, severities(rows), files, single=single))
        return report.counts
