"""What a scene is, and the ways one can end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from demo.world import World


class End(Enum):
    """How a scene must end. The text is what the summary says."""

    REPAIRED = "repaired"
    MANUAL = "reported, not touched"
    LEFT_ALONE = "right as it is, not touched"
    SKIPPED = "not ours, not touched"
    UNHEARD = "no violation, never heard of"
    FREE = "right as it is, no function started"
    FAILED = "repair refused, and said so"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One act of one person, with the API calls that Reseal must hear and the findings it must send.

    `findings` are (check, severity, status). The auditor reads before and after: the objects called `keys`,
    or without any the bucket. Where there are several keys, equal findings may come as few messages with a
    count. `says` must stand in a finding's reason; `results`, where given, is how the calls must end,
    `refused` what S3 must have refused to Reseal, and `keeps` what each object must have in the end.
    """

    title: str
    who: str
    bucket: str
    act: Callable[[Any, World], None]
    calls: tuple[str, ...]
    end: End
    findings: tuple[tuple[str, str, str], ...] = ()
    keys: tuple[str, ...] = ()
    says: str = ""
    results: tuple[str, ...] = ()
    refused: str = ""
    keeps: Mapping[str, str] = field(default_factory=dict)
