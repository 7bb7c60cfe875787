"""Trail coverage: whether one trail delivers the calls that Reseal needs to this Region's event bus.

EventBridge receives only what a trail logs (A2, A4). Without a trail that logs write management
events here, Reseal receives no events, and only this check detects that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reseal.core.checks.catalogue import CHECKS
from reseal.core.resource import BucketResource
from reseal.core.trail.selectors import KMS, S3, AdvancedSelector, Selector

_REMOVES_READERS = "DeleteBucketPolicy"  # it sets nothing that a check judges, but a repair may be safe now

BUCKET_CALLS = tuple(
    sorted({_REMOVES_READERS}.union(*(c.calls for c in CHECKS if c.resource is BucketResource)))
)
"""The calls that the bucket lane's rule matches; a test keeps the two equal."""

OBJECT_WRITES = (
    "PutObject",
    "PostObject",
    "CopyObject",
    "CompleteMultipartUpload",
    "UpdateObjectEncryption",
    "CreateMultipartUpload",
    "InitiateMultipartUpload",
)
"""The calls that the object lane's rules match; these are data events."""


KEY_CALLS = (
    "DisableKey",
    "EnableKey",
    "DisableKeyRotation",
    "EnableKeyRotation",
    "ScheduleKeyDeletion",
    "CancelKeyDeletion",
    "DeleteImportedKeyMaterial",
    "PutKeyPolicy",
    "CreateAlias",
    "UpdateAlias",
    "DeleteAlias",
)
"""The calls that the key lane's rule matches. A trail may exclude those of KMS: they are many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A property of a trail that CloudTrail does not show, and why: often an organization trail."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """A trail as this Region's CloudTrail describes it."""

    arn: str
    multi_region: bool
    of_organization: bool = False
    logging: bool | Unreadable
    selectors: tuple[Selector, ...] | Unreadable

    @property
    def home_region(self) -> str:
        """The Region in which the trail was created."""
        return self.arn.split(":")[3]

    def why_not_covered(self, region: str) -> str | None:
        """Why this trail does not deliver all of BUCKET_CALLS in `region`; None if it does."""
        return self._why_not_every(region, BUCKET_CALLS, S3)

    def why_keys_not_covered(self, region: str) -> str | None:
        """Why this trail does not deliver all of KEY_CALLS in `region`; None if it does."""
        return self._why_not_every(region, KEY_CALLS, KMS)

    def _why_not_every(self, region: str, calls: Sequence[str], source: str) -> str | None:
        if silent := self._why_silent(region):
            return silent
        if isinstance(self.selectors, Unreadable) and self.of_organization:
            return None  # a member account may not read the selectors of an organization trail
        if isinstance(self.selectors, Unreadable):
            return f"is logging, but its event selectors are unknown: {self.selectors.why}"
        return _not_every([call for call in calls if not any(s.takes(call, source) for s in self.selectors)])

    def why_objects_not_covered(self, region: str) -> str | None:
        """Why this trail delivers OBJECT_WRITES in no bucket of `region`; None if it does in some."""
        if silent := self._why_silent(region):
            return silent
        if isinstance(self.selectors, Unreadable):
            return f"is logging, but its event selectors are unknown: {self.selectors.why}"
        return _not_every(
            [write for write in OBJECT_WRITES if not any(s.takes_of_objects(write) for s in self.selectors)]
        )

    def has(self, made: AdvancedSelector) -> bool:
        """Whether a selector is among those of the trail; others beside it only add events."""
        selectors = () if isinstance(self.selectors, Unreadable) else self.selectors
        return any(isinstance(s, AdvancedSelector) and s.selects_as(made) for s in selectors)

    def is_unknown(self, region: str) -> bool:
        """Whether it is unknown if this trail covers `region`, because CloudTrail does not show it all."""
        covers = self.multi_region or self.home_region == region
        hidden = (
            isinstance(self.selectors, Unreadable)
            if self.logging is True
            else isinstance(self.logging, Unreadable)
        )
        return covers and hidden

    def _why_silent(self, region: str) -> str | None:
        if not self.multi_region and self.home_region != region:
            return f"logs {self.home_region} only"
        if isinstance(self.logging, Unreadable):
            return f"may or may not be logging: {self.logging.why}"
        return None if self.logging else "is not logging"

    @property
    def left_out(self) -> tuple[str, ...]:
        """The callers whose calls it excludes; empty if unknown."""
        selectors = () if isinstance(self.selectors, Unreadable) else self.selectors
        return tuple(dict.fromkeys(who for selector in selectors for who in selector.left_out_callers))


def _not_every(missing: Sequence[str]) -> str | None:
    return f"is logging, but not every {', '.join(missing)}" if missing else None
