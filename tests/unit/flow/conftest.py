"""Registers the made-up settings and checks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.flow import made_up


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    with made_up.registered():
        yield
