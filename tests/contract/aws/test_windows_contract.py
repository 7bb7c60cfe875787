"""The contract of `AlertWindows`: a window replaces only the version that it came from."""

from __future__ import annotations

from dataclasses import replace

from reseal.core.alerts.window import Window
from reseal.core.findings.alerts import grouped
from reseal.core.findings.render.json import finding_document
from reseal.ports import AlertWindows
from tests.support.builders import an_object_call
from tests.support.fakes.services import NOON
from tests.support.findings import a_copied_object

OPENED = Window.opened("payroll", NOON, 900)
FOUND = a_copied_object(an_object_call(key="ü.csv"), reason="SSE-S3")
COUNTED, DUE = OPENED.counted(grouped([FOUND]), finding_document)


def test_a_scope_without_a_window_has_none(windows: AlertWindows) -> None:
    assert windows.read("payroll") is None


def test_a_stored_window_is_read_with_its_version(windows: AlertWindows) -> None:
    assert windows.replace(COUNTED)

    assert windows.read("payroll") == replace(COUNTED, version=1)


def test_a_window_of_another_scope_is_another(windows: AlertWindows) -> None:
    windows.replace(COUNTED)

    assert windows.read("ledger") is None
    assert windows.replace(replace(OPENED, scope="ledger"))


def test_a_window_replaces_the_version_that_it_came_from(windows: AlertWindows) -> None:
    windows.replace(OPENED)
    stored = windows.read("payroll")
    assert stored is not None

    assert windows.replace(stored.plus(2))

    assert windows.read("payroll") == replace(OPENED, version=2, total=2)


def test_a_window_does_not_replace_a_newer_version(windows: AlertWindows) -> None:
    windows.replace(OPENED)
    stored = windows.read("payroll")
    assert stored is not None
    windows.replace(stored.plus(2))

    assert not windows.replace(stored.plus(3))

    assert windows.read("payroll") == replace(OPENED, version=2, total=2)


def test_of_two_invocations_that_open_a_window_one_does(windows: AlertWindows) -> None:
    assert windows.replace(OPENED)
    assert not windows.replace(replace(OPENED, id="another"))

    assert windows.read("payroll") == replace(OPENED, version=1)


def test_a_window_that_has_ended_is_still_read(windows: AlertWindows) -> None:
    windows.replace(replace(OPENED, ended=True))

    assert windows.read("payroll") == replace(OPENED, version=1, ended=True)
