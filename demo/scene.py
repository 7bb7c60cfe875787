"""What a scene is, and the results it can have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from demo.world import World


class End(Enum):
    """The expected result of a scene. The value is the text in the summary if there is no finding."""

    REMEDIATED = "remediated"
    UNCHANGED = "reported, not changed"
    COMPLIANT = "compliant"
    SKIPPED = "skipped: not of this Region"
    NO_EVENT = "denied, so no event"
    NO_INVOCATION = "compliant: no function started"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The calls of one user, the API calls whose events Reseal must receive, and the findings it must send.

    `findings` are (check, severity, status). The auditor reads the objects `keys` before and after, or the
    bucket if there are no keys, or the KMS key that `kms_key` names, an attribute of the world. With several
    keys, equal findings may be summarised in few messages with a count. A finding's reason must contain
    `reason`. `results` are the expected results of the events, `refused` is the refusal of S3 that Reseal
    must meet, and `keeps` are properties that each object must have at the end. A scene `over_http` is about
    plain HTTP: the auditor calls over that, and only findings about it count, which do not count in the other
    scenes. The short form of the demo plays the scenes that are `short`; those that are `pictured` are in the
    README's picture of it.
    """

    title: str
    who: str
    bucket: str
    act: Callable[[Any, World], None]
    calls: tuple[str, ...]
    end: End
    findings: tuple[tuple[str, str, str], ...] = ()
    keys: tuple[str, ...] = ()
    kms_key: str = ""
    reason: str = ""
    results: tuple[str, ...] = ()
    refused: str = ""
    keeps: Mapping[str, str] = field(default_factory=dict)
    over_http: bool = False
    short: bool = False
    pictured: bool = False

    def about(self, world: World) -> str:
        """The bucket, or the ARN of the KMS key."""
        return str(getattr(world, self.kms_key)) if self.kms_key else self.bucket


@dataclass(frozen=True, slots=True)
class Group:
    """Scenes with the same kind of result, in the order in which they are played."""

    title: str
    scenes: tuple[Scene, ...]
