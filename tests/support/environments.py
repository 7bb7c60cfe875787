"""The environments that `make test` sets up under `.venv`."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.client.handle import REPOSITORY


def environment_python(name: str) -> Path:
    """The interpreter of one of the environments."""
    python = REPOSITORY / ".venv" / name / "bin" / "python"
    if not python.exists():
        pytest.fail(f"{python.relative_to(REPOSITORY)} is missing: run `make test`, which sets it up once")
    return python
