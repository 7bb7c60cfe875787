"""The settings of the object lane."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from reseal.core.errors import SettingsError
from reseal.core.repairs.objects.method import GIB, LARGEST_COPY
from reseal.runtime.settings import ObjectSettings, read_object_settings, read_settings
from tests.unit.runtime.test_settings import RIGHT as BASE

OWN = {
    "REENCRYPTION_METHOD": "copy",
    "MULTIPART_COPY_LIMIT_GIB": "50",
    "EXEMPT_LOG_DELIVERIES": "true",
    "OBJECT_SCOPE": "*",
}
RIGHT = {name: text for name, text in BASE.items() if name != "SNAPSHOT_TABLE"} | OWN
READ: list[tuple[str, str, Callable[[ObjectSettings], Any], Any]] = [
    ("REENCRYPTION_METHOD", "copy", lambda s: s.methods.prefers_in_place, False),
    ("REENCRYPTION_METHOD", "in-place", lambda s: s.methods.prefers_in_place, True),
    ("MULTIPART_COPY_LIMIT_GIB", "5", lambda s: s.methods.largest_in_parts, 5 * GIB),
    ("MULTIPART_COPY_LIMIT_GIB", "2000", lambda s: s.methods.largest_in_parts, 2000 * GIB),
    ("MULTIPART_COPY_LIMIT_GIB", "50", lambda s: s.methods.largest_copy, LARGEST_COPY),
    ("EXEMPT_LOG_DELIVERIES", "true", lambda s: s.settings.policy.default.exempts_log_deliveries, True),
    ("EXEMPT_LOG_DELIVERIES", "false", lambda s: s.settings.policy.default.exempts_log_deliveries, False),
    ("OBJECT_SCOPE", "*", lambda s: s.settings.policy.object_scope, ("*",)),
    ("OBJECT_SCOPE", "team-,pay/", lambda s: s.settings.policy.object_scope, ("team-", "pay/")),
]
WRONG = [
    ("REENCRYPTION_METHOD", "move", "REENCRYPTION_METHOD is 'move', not one of copy, in-place"),
    ("MULTIPART_COPY_LIMIT_GIB", "4", "MULTIPART_COPY_LIMIT_GIB is '4', not a number of GiB from 5"),
    ("MULTIPART_COPY_LIMIT_GIB", "5.5", "MULTIPART_COPY_LIMIT_GIB is '5.5'"),
    ("EXEMPT_LOG_DELIVERIES", "yes", "EXEMPT_LOG_DELIVERIES is 'yes', not one of true, false"),
    ("MODE", "audit", "MODE is 'audit'"),
]


@pytest.mark.parametrize(
    ("name", "text", "read", "value"), READ, ids=[f"{name}={text:.12}" for name, text, _, _ in READ]
)
def test_setting_is_read(name: str, text: str, read: Callable[[ObjectSettings], Any], value: object) -> None:
    assert read(read_object_settings(RIGHT | {name: text})) == value


def test_both_lanes_read_the_same_of_what_they_share() -> None:
    nothing_exempt = RIGHT | {"EXEMPT_LOG_DELIVERIES": "false"}

    of_buckets = replace(read_settings(BASE), snapshot_table="")
    assert read_object_settings(nothing_exempt).settings == of_buckets


@pytest.mark.parametrize(
    ("name", "text", "fault"), WRONG, ids=[f"{name}={text:.12}" for name, text, _ in WRONG]
)
def test_wrong_setting_is_named_with_its_value(name: str, text: str, fault: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read_object_settings(RIGHT | {name: text})

    assert fault in str(raised.value)


@pytest.mark.parametrize("name", OWN)
def test_missing_setting_is_named(name: str) -> None:
    environment = {key: value for key, value in RIGHT.items() if key != name}

    with pytest.raises(SettingsError, match=f"{name} is not set"):
        read_object_settings(environment)


def test_every_fault_of_both_kinds_is_listed_at_once() -> None:
    with pytest.raises(SettingsError) as raised:
        read_object_settings({})

    assert [name for name in RIGHT if f"{name} is not set" not in str(raised.value)] == []
