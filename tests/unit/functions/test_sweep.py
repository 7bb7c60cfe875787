"""The Lambda handler of the sweep, with a fake engine."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest

from reseal.core.errors import ResealError, SettingsError, TransientError
from reseal.core.sweep.progress import Progress
from reseal.runtime.settings import OF_SWEEP
from reseal.sweep.engine import Sweep, Worked
from tests.support.fakes.services import NOON
from tests.unit.functions.handlers import batch, load_app
from tests.unit.functions.test_enforce_bucket import SETTINGS, FakeContext, returned

RIGHT = {name: value for name, value in SETTINGS.items() if name != "LEDGER_DAYS"} | {
    "REPORTS": "reports",
    "QUEUE": "sweep",
    "BUCKET_LOOKS": "looks",
    "KEY_LOOKS": "key-looks",
    "KEY_ROTATION_DAYS": "365",
    "CHECK_MODES": ",".join(f"{check}=detect" for check in sorted(OF_SWEEP)),
    "SETTLE": "30",
    "RATE": "100",
    "REPAIRS": "20",
    "PERCENT": "5",
}
PROGRESS = Progress(sweep="s1", started_at=NOON, saved_at=NOON, hop=2, listed=7)


@dataclass
class FakeSweep:
    """Answers as the test ordered; keeps what came."""

    fails: ResealError | None = None
    worked: Worked = field(default_factory=lambda: Worked(progress=PROGRESS, what="buckets"))
    came: list[tuple[str, str, str]] = field(default_factory=list)

    def work(self, body: str, message_id: str, invocation: str) -> Worked:
        self.came.append((body, message_id, invocation))
        if self.fails:
            raise self.fails
        return self.worked


@pytest.fixture
def app() -> ModuleType:
    return load_app("sweep")


@pytest.fixture
def engine(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> FakeSweep:
    engine = FakeSweep()
    monkeypatch.setattr(app, "sweep", lambda: engine)
    return engine


def last_line(app: ModuleType, event: dict[str, Any]) -> dict[str, Any]:
    text = io.StringIO()
    app.logger.registered_handler.setStream(text)
    app.handler(event, FakeContext())
    line: dict[str, Any] = json.loads(text.getvalue().splitlines()[-1])
    return line


def test_message_is_worked_on_under_its_id_and_invocation(app: ModuleType, engine: FakeSweep) -> None:
    answer = app.handler(batch("a"), FakeContext())

    assert engine.came == [("a", "id-a", "request-1/id-a")]
    assert returned(answer) == []


def test_progress_is_logged(app: ModuleType, engine: FakeSweep) -> None:
    line = last_line(app, batch("a"))

    assert (line["message"], line["sweep"], line["hop"], line["listed"]) == ("sweep: buckets", "s1", 2, 7)


def test_dropped_message_is_logged_with_the_reason(app: ModuleType, engine: FakeSweep) -> None:
    engine.worked = Worked(progress=None, what="hop 1 of sweep s1 is over")

    assert last_line(app, batch("a"))["message"] == "sweep: hop 1 of sweep s1 is over"


def test_message_that_failed_returns_to_the_queue(app: ModuleType, engine: FakeSweep) -> None:
    engine.fails = TransientError("throttled")

    assert returned(app.handler(batch("a"), FakeContext())) == ["id-a"]


def test_engine_is_made_from_the_environment(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in RIGHT.items():
        monkeypatch.setenv(name, value)

    made = app.sweep()

    assert isinstance(made, Sweep)
    assert made.page_size() == 500
    assert made.repairs is not None


def test_missing_settings_stop_the_function(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in RIGHT:
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(SettingsError):
        app.handler(batch("a"), FakeContext())
