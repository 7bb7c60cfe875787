"""Reads settings from environment variables."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TypeVar

from reseal.core.policy.requirements import Mode

FLAGS = {"true": True, "false": False}
_KEY_ARN = re.compile(r"arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+")
_T = TypeVar("_T")


class Reader:
    """Reads settings one by one and collects all faults, so that an operator sees them together."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.faults: list[str] = []

    def text(self, name: str) -> str:
        """The text of a required setting; empty, with a fault, if it is not set."""
        value = self._environment.get(name, "").strip()
        if not value:
            self.faults.append(f"{name} is not set")
        return value

    def choice(self, name: str, values: Mapping[str, _T]) -> _T | None:
        """The value that the setting selects; None, with a fault, if it is not one of the choices."""
        value = self.text(name)
        if value and value not in values:
            self.faults.append(f"{name} is {value!r}, not one of {', '.join(values)}")
        return values.get(value)

    def key_arn(self, name: str) -> str:
        """The key ARN of a KMS key; an alias ARN is a fault."""
        value = self.text(name)
        if value and not _KEY_ARN.fullmatch(value):
            self.faults.append(f"{name} is {value!r}, not a key ARN (an alias is not accepted)")
        return value

    def listed_keys(self, name: str) -> frozenset[str] | None:
        """None for `account`; else the listed ARNs.

        The template leaves out the `arn:` of each, to save space.
        """
        value = self.text(name)
        if value == "account":
            return None
        given = [key.strip() for key in value.split(",") if key.strip()]
        keys = {key: f"arn:{key.removeprefix('arn:')}" for key in given}
        wrong = sorted(key for key, arn in keys.items() if not _KEY_ARN.fullmatch(arn))
        if wrong:
            self.faults.append(f"{name} must be 'account' or a list of key ARNs, but has: {', '.join(wrong)}")
        return frozenset(keys.values())

    def check_modes(self, name: str, checks: Collection[str]) -> dict[str, Mode]:
        """`<check id>=<mode>` for each of these checks, separated by commas."""
        modes: dict[str, Mode] = {}
        for pair in self.text(name).split(","):
            check, _, mode = pair.strip().partition("=")
            if check not in checks or mode not in set(Mode):
                self.faults.append(
                    f"{name}: {pair.strip()!r} does not have the form <check>=<{'|'.join(Mode)}>"
                )
                continue
            modes[check] = Mode(mode)
        if missing := sorted(set(checks) - modes.keys()):
            self.faults.append(f"{name} has no mode for {', '.join(missing)}")
        return modes

    def number(self, name: str, unit: str, *, least: int, most: int | None = None) -> int:
        """A whole number of `unit`, from `least` to `most` inclusive; a wrong one is a fault."""
        value = self.text(name)
        if not value:
            return least
        if not value.isdecimal() or int(value) < least or (most is not None and int(value) > most):
            span = f"from {least}" if most is None else f"from {least} to {most}"
            self.faults.append(f"{name} is {value!r}, not a number of {unit} {span}")
            return least
        return int(value)
