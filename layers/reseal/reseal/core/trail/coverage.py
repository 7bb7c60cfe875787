"""Before step 1: does Reseal hear the calls and writes of its Region, by what trails log?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reseal.core.trail.trail import Trail, Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectCoverage:
    """Whether Reseal hears writes of objects; None where that is unknown."""

    covered: bool | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailCoverage:
    """Whether Reseal hears the calls of its Region, and by which trail, or why not."""

    covered: bool
    reason: str
    objects: ObjectCoverage

    def to_document(self) -> dict[str, bool | str]:
        """The answer as JSON."""
        objects = self.objects.covered
        return {
            "covered": self.covered,
            "reason": self.reason,
            "objects": "unknown" if objects is None else objects,
            "objects_reason": self.objects.reason,
        }


def assess_coverage(trails: Sequence[Trail], region: str, object_trail: str = "") -> TrailCoverage:
    """Find trails that tell `region` of every call. What is unknown does not count as told.

    `object_trail` is the trail of object writes that the stack made, if it made one: where that one is
    not heard, Reseal does not hear what it was deployed for.
    """
    covered, reason = _judge_calls(trails, region)
    if not object_trail:
        return TrailCoverage(covered=covered, reason=reason, objects=_judge_objects(trails, region))
    own = [trail for trail in trails if trail.arn == object_trail]
    objects = (
        _judge_objects(own, region)
        if own
        else ObjectCoverage(covered=False, reason=f"{object_trail} is gone")
    )
    if not objects.covered:
        return TrailCoverage(covered=False, reason=f"{reason}; {objects.reason}", objects=objects)
    return TrailCoverage(covered=covered, reason=reason, objects=objects)


def _judge_calls(trails: Sequence[Trail], region: str) -> tuple[bool, str]:
    reasons = []
    for trail in trails:
        why = trail.why_not_covered(region)
        if why is None:
            return True, f"{trail.arn} {_what_is_known(trail)}{_except_for(trail)}"
        reasons.append(f"{trail.arn} {why}")
    if not reasons:
        reasons.append(f"no trail covers {region}: deploy with CreateManagementTrail=true, or make one")
    return False, "; ".join(reasons)


def _judge_objects(trails: Sequence[Trail], region: str) -> ObjectCoverage:
    """A trail that logs the writes of some buckets only counts: which ones matter, nobody knows here."""
    reasons = []
    for trail in trails:
        why = trail.why_objects_not_covered(region)
        if why is None:
            said = f"{trail.arn} logs writes of objects{_except_for(trail)}"
            return ObjectCoverage(covered=True, reason=said)
        reasons.append(f"{trail.arn} {why}")
    if not reasons:
        reasons.append(f"no trail covers {region}: deploy with ObjectBuckets, or make one")
    covered = None if any(trail.is_unknown(region) for trail in trails) else False
    return ObjectCoverage(covered=covered, reason="; ".join(reasons))


def _what_is_known(trail: Trail) -> str:
    if isinstance(trail.selectors, Unreadable):
        return "is logging and its organization's, which does not tell here what it logs"
    return "logs the write calls on buckets"


def _except_for(trail: Trail) -> str:
    return f", except calls by {', '.join(trail.left_out)}" if trail.left_out else ""
