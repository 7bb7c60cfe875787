"""The parameter with the mode of each check, and what it may be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from documents.template import template

_MODE = re.compile(r"([\w.]+)=\$\{(\w+)\}")


def mode_parameters() -> Mapping[str, str]:
    """The name of the parameter with the mode of each check, by check id."""
    return dict(pair for text in _settings("CHECK_MODES", template()) for pair in _MODE.findall(text))


def can_enforce(check: str) -> bool:
    """Whether the check can be in mode `enforce`, so that it writes."""
    return "enforce" in template()["Parameters"][mode_parameters()[check]]["AllowedValues"]


def _settings(name: str, part: Any) -> Iterator[str]:
    """The `Fn::Sub` texts of a variable in the functions' environments."""
    if isinstance(part, Mapping):
        if name in part:
            yield str(part[name]["Fn::Sub"])
        for value in part.values():
            yield from _settings(name, value)
