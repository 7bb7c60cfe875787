"""The settings of the sweep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from reseal.core.errors import SettingsError
from reseal.core.policy.requirements import Mode
from reseal.core.sweep.caps import Caps
from reseal.runtime.settings import OF_SWEEP, SweepSettings, read_settings, read_sweep_settings
from tests.unit.runtime.test_settings import RIGHT as BASE

OWN = {
    "SNAPSHOT_TABLE": "seen",
    "REPORTS": "reports",
    "QUEUE": "sweep",
    "BUCKET_LOOKS": "looks",
    "KEY_LOOKS": "key-looks",
    "KEY_ROTATION_DAYS": "180",
    "CHECK_MODES": ",".join(f"{check}=detect" for check in sorted(OF_SWEEP)),
    "RATE": "100",
    "SETTLE": "30",
    "REPAIRS": "20",
    "PERCENT": "5",
}
RIGHT = {name: value for name, value in BASE.items() if name != "LEDGER_DAYS"} | OWN
READ: list[tuple[str, str, Callable[[SweepSettings], Any], Any]] = [
    ("SNAPSHOT_TABLE", "t", lambda s: s.snapshot_table, "t"),
    ("LEDGER_TABLE", "n", lambda s: s.settings.ledger_table, "n"),
    ("REPORTS", "b", lambda s: s.report_bucket, "b"),
    ("QUEUE", "q", lambda s: s.own_queue, "q"),
    ("BUCKET_LOOKS", "l", lambda s: s.bucket_looks, "l"),
    ("KEY_LOOKS", "k", lambda s: s.key_looks, "k"),
    ("KEY_ROTATION_DAYS", "90", lambda s: s.settings.policy.default.rotation_days, 90),
    ("REPAIRS", "20", lambda s: s.repairs, Caps(number=20, percent=5)),
    ("REPAIRS", "0", lambda s: s.repairs, None),
    ("RATE", "400", lambda s: s.calls_per_second, 400),
    ("SETTLE", "60", lambda s: s.settle, 60),
]


@pytest.mark.parametrize(("name", "text", "read", "value"), READ, ids=[f"{n}={t}" for n, t, _, _ in READ])
def test_setting_is_read(name: str, text: str, read: Callable[[SweepSettings], Any], value: object) -> None:
    assert read(read_sweep_settings(RIGHT | {name: text})) == value


def test_policy_is_that_of_the_lanes() -> None:
    lanes = read_settings(BASE).policy
    modes = dict.fromkeys(OF_SWEEP, Mode.DETECT)
    default = replace(lanes.default, check_modes=modes, rotation_days=180)

    assert read_sweep_settings(RIGHT).settings.policy == replace(lanes, default=default)


@pytest.mark.parametrize("name", OWN)
def test_each_setting_is_required(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} is not set"):
        read_sweep_settings({other: value for other, value in RIGHT.items() if other != name})


@pytest.mark.parametrize(
    ("name", "text"),
    [("RATE", "0"), ("PERCENT", "101"), ("REPAIRS", "many")],
)
def test_wrong_setting_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_sweep_settings(RIGHT | {name: text})


def test_lane_needs_the_snapshots_table() -> None:
    assert read_settings(BASE).snapshot_table == "seen"
    with pytest.raises(SettingsError, match="SNAPSHOT_TABLE is not set"):
        read_settings({name: text for name, text in BASE.items() if name != "SNAPSHOT_TABLE"})
