"""Before step 1: do trails tell this Region's event bus of the calls Reseal waits for?

EventBridge gets what a trail logs and nothing else (A2, A4): without a trail that logs write
management events here, no event comes, and nothing but this check would notice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reseal.core.trail.selectors import Selector

BUCKET_CALLS = (
    "CreateBucket",
    "PutBucketEncryption",
    "DeleteBucketEncryption",
    "PutBucketPolicy",
    "DeleteBucketPolicy",
    "PutBucketAcl",
    "PutBucketWebsite",
    "PutBucketReplication",
)
"""What the rule of the bucket lane lets through; a test holds the two together."""

OBJECT_WRITES = ("PutObject", "PostObject", "CopyObject", "CompleteMultipartUpload", "UpdateObjectEncryption")
"""The same of the object lane, whose calls are data events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """What CloudTrail would not tell of a trail, and why: often an organization's, of another account."""

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
        """The Region it was made in."""
        return self.arn.split(":")[3]

    def why_not_covered(self, region: str) -> str | None:
        """Why EventBridge does not get all of HEARD_CALLS in `region` from it; None if it does."""
        if silent := self._why_silent(region):
            return silent
        if isinstance(self.selectors, Unreadable) and self.of_organization:
            return None  # a member account may not see what its organization's trail selects
        if isinstance(self.selectors, Unreadable):
            return f"is logging, but what is unknown: {self.selectors.why}"
        missing = [call for call in BUCKET_CALLS if not any(s.takes(call) for s in self.selectors)]
        return _not_every(missing)

    def why_objects_not_covered(self, region: str) -> str | None:
        """The same for HEARD_WRITES in some of the buckets of `region`."""
        if silent := self._why_silent(region):
            return silent
        if isinstance(self.selectors, Unreadable):
            return f"is logging, but what is unknown: {self.selectors.why}"
        return _not_every(
            [write for write in OBJECT_WRITES if not any(s.takes_of_objects(write) for s in self.selectors)]
        )

    def is_unknown(self, region: str) -> bool:
        """Whether `region` may hear from it or not, for all that CloudTrail told."""
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
        """The callers whose calls it does not log, where that is known."""
        selectors = () if isinstance(self.selectors, Unreadable) else self.selectors
        return tuple(dict.fromkeys(who for selector in selectors for who in selector.left_out_callers))


def _not_every(missing: Sequence[str]) -> str | None:
    return f"is logging, but not every {', '.join(missing)}" if missing else None
