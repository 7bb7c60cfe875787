"""Cases that every run contains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

EXAMPLES: list[Any] = []


def with_examples(function: Callable[..., Any]) -> Callable[..., Any]:
    return function
