"""Step 5, values: the outcome of a write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reseal.core.state.setting import State


class SkipCause(StrEnum):
    """Why nothing was written although nothing failed."""

    GONE = "gone"
    ELSEWHERE = "elsewhere"
    NEWER = "newer"
    UNKNOWN = "unknown"  # it ended before its outcome was kept, and another state is there now


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """The write was made and verified by a read at `at`.

    `changed` names the properties that should have stayed the same and did not.
    """

    after: State
    at: datetime
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """Nothing was written, or a newer write has replaced what was written."""

    cause: SkipCause
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """AWS refused; `code` is its error code and `denied_action` the IAM action if one was denied."""

    code: str
    reason: str
    denied_action: str | None = None


Outcome = Applied | Skipped | Failed


def may_have_been_made(outcome: Outcome | None) -> bool:
    """Whether the write was made, or may have been made before another state took the place of it."""
    return isinstance(outcome, Applied) or (
        isinstance(outcome, Skipped) and outcome.cause is SkipCause.UNKNOWN
    )
