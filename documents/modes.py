"""The parameter with the mode of each check, and what it may be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from documents.template import template

_MODE = re.compile(r"([\w.]+)=\$\{(\w+)\}")


def mode_parameters() -> Mapping[str, str]:
    """The name of the parameter with the mode of each check, by check id."""
    return dict(_MODE.findall(_setting("CHECK_MODES", template())))


def can_enforce(check: str) -> bool:
    """Whether the check can be in mode `enforce`, so that it writes."""
    return "enforce" in template()["Parameters"][mode_parameters()[check]]["AllowedValues"]


def _setting(name: str, part: Any) -> str:
    """The `Fn::Sub` text of a variable of a function's environment."""
    if isinstance(part, Mapping):
        if name in part:
            return str(part[name]["Fn::Sub"])
        return next((found for value in part.values() if (found := _setting(name, value))), "")
    return ""
