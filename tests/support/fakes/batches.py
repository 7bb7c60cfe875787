"""The alert windows and the reminders of the object lane in memory."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from reseal.core.findings.alerts import Suppressed, Tallied, Tally
from reseal.core.findings.message import Message
from tests.support.fakes.services import Steps


@dataclass(slots=True, kw_only=True)
class _Window:
    id: str
    closes_at: datetime
    message: Message
    total: int
    suppressed: int = 0
    first: datetime | None = None
    last: datetime | None = None
    keys: tuple[str, ...] = ()


class FakeWindows:
    """`AlertWindows`, with the conditions of the table's writes."""

    def __init__(self, steps: Steps | None = None) -> None:
        self.failures: defaultdict[str, list[Exception]] = defaultdict(list)
        self._steps = steps or Steps()
        self._windows: dict[str, _Window] = {}
        self._numbers = itertools.count(1)

    def tally(self, group: str, tallied: Tallied, now: datetime) -> Tally:
        with self._steps.step("tally", self.failures["tally"]):
            window = self._windows.get(group)
            opens = window is None or (window.closes_at <= now and not window.suppressed)
            if window is None or opens:
                window = _Window(
                    id=f"window-{next(self._numbers)}",
                    closes_at=now + timedelta(seconds=tallied.seconds),
                    message=tallied.message,
                    total=tallied.count,
                )
                self._windows[group] = window
            else:
                _count_into(window, tallied)
            return Tally(opened=opens, window_id=window.id, total=window.total, closes_at=window.closes_at)

    def read_suppressed(self, group: str) -> Suppressed | None:
        with self._steps.step("read suppressed", self.failures["read_suppressed"]):
            window = self._windows.get(group)
            if window is None or not window.suppressed:
                self._windows.pop(group, None)
                return None
            assert window.first
            assert window.last
            return Suppressed(
                window_id=window.id,
                count=window.suppressed,
                first=window.first,
                last=window.last,
                keys=window.keys,
                message=window.message,
            )

    def clear_suppressed(self, group: str, suppressed: Suppressed, until: datetime) -> bool:
        with self._steps.step("clear suppressed", self.failures["clear_suppressed"]):
            window = self._windows.get(group)
            if window is None or window.id != suppressed.window_id:
                return False
            if window.suppressed == suppressed.count:
                del self._windows[group]
            if window.suppressed <= suppressed.count:
                return False
            window.suppressed -= suppressed.count
            window.id, window.first = f"window-{next(self._numbers)}", suppressed.last
            window.closes_at = until
            return True


def _count_into(window: _Window, tallied: Tallied) -> None:
    window.total += tallied.count
    if tallied.suppresses:
        window.suppressed += tallied.count
        window.first, window.last, window.keys = window.first or tallied.first, tallied.last, tallied.keys


class FakeReminders:
    """`Reminders`. Keeps the groups that are to be closed, and after how many seconds."""

    def __init__(self, steps: Steps | None = None) -> None:
        self.sent: list[tuple[str, int]] = []
        self.failures: defaultdict[str, list[Exception]] = defaultdict(list)
        self._steps = steps or Steps()

    def remind(self, group: str, seconds: int) -> None:
        with self._steps.step("remind", self.failures["remind"]):
            self.sent.append((group, seconds))
