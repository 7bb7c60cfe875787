"""Trail coverage: checks that a CloudTrail trail delivers the events Reseal needs in this Region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reseal.core.text.quoted import named, some_of
from reseal.core.trail.own_trail import OwnTrail
from reseal.core.trail.trail import Trail, Unreadable

_LONGEST = 8000


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectCoverage:
    """Whether a trail delivers the writes of objects; `covered` is None if that is unknown."""

    covered: bool | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCoverage:
    """Whether a trail delivers the calls on KMS keys: many trails exclude them."""

    covered: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailCoverage:
    """Whether a trail delivers the calls of this Region; `reason` names the trail, or says why not."""

    covered: bool
    reason: str
    objects: ObjectCoverage
    keys: KeyCoverage

    def to_document(self) -> dict[str, bool | str]:
        """The trail coverage as JSON."""
        objects = self.objects.covered
        return {
            "covered": self.covered,
            "reason": self.reason,
            "objects": "unknown" if objects is None else objects,
            "objects_reason": self.objects.reason,
            "keys": self.keys.covered,
            "keys_reason": self.keys.reason,
        }


def assess_coverage(trails: Sequence[Trail], region: str, own: OwnTrail | None = None) -> TrailCoverage:
    """Find a trail that delivers every call of `region`. Unknown coverage counts as not covered.

    `own` is the stack's own trail for object writes. If that trail does not deliver exactly the object
    writes that the template selects, the whole result is not covered.
    """
    covered, reason = _judge_calls(trails, region)
    keys = _judge_keys(trails, region)
    if own is None:
        objects = _judge_objects(trails, region)
        return TrailCoverage(covered=covered, reason=reason, objects=objects, keys=keys)
    objects = _judge_own(trails, region, own)
    if not objects.covered:
        why = f"{reason}; {objects.reason}"
        return TrailCoverage(covered=False, reason=why, objects=objects, keys=keys)
    return TrailCoverage(covered=covered, reason=reason, objects=objects, keys=keys)


def _judge_calls(trails: Sequence[Trail], region: str) -> tuple[bool, str]:
    reasons = []
    for trail in trails:
        why = trail.why_not_covered(region)
        if why is None:
            return True, f"{named(trail.arn)} {_what_is_known(trail)}{_except_for(trail)}"
        reasons.append(f"{named(trail.arn)} {why}")
    if not reasons:
        reasons.append(f"no trail covers {region}: deploy with CreateManagementTrail=true, or create a trail")
    return False, some_of(reasons, separator="; ", longest=_LONGEST)


def _judge_keys(trails: Sequence[Trail], region: str) -> KeyCoverage:
    reasons = []
    for trail in trails:
        why = trail.why_keys_not_covered(region)
        if why is None:
            said = f"{trail.arn} logs the calls on KMS keys{_except_for(trail)}"
            return KeyCoverage(covered=True, reason=said)
        reasons.append(f"{trail.arn} {why}")
    receives = "the key lane receives no call; it still looks every hour at the keys that must stay"
    return KeyCoverage(covered=False, reason="; ".join([*reasons, receives]))


def _judge_objects(trails: Sequence[Trail], region: str) -> ObjectCoverage:
    """A trail that logs writes in only some buckets counts: which buckets are needed is unknown here."""
    reasons = []
    for trail in trails:
        why = trail.why_objects_not_covered(region)
        if why is None:
            said = f"{named(trail.arn)} logs writes of objects{_except_for(trail)}"
            return ObjectCoverage(covered=True, reason=said)
        reasons.append(f"{named(trail.arn)} {why}")
    if not reasons:
        reasons.append(f"no trail covers {region}: deploy with ObjectBuckets, or create a trail")
    covered = None if any(trail.is_unknown(region) for trail in trails) else False
    return ObjectCoverage(covered=covered, reason=some_of(reasons, separator="; ", longest=_LONGEST))


def _judge_own(trails: Sequence[Trail], region: str, own: OwnTrail) -> ObjectCoverage:
    found = [trail for trail in trails if trail.arn == own.arn]
    if not found:
        return ObjectCoverage(covered=False, reason=f"{own.arn} was not found")
    if own.outside:
        outside = f"ObjectBuckets names what is outside ObjectScope: {', '.join(own.outside)}"
        return ObjectCoverage(covered=False, reason=outside)
    objects = _judge_objects(found, region)
    if objects.covered and not found[0].has(own.selector):
        changed = f"{own.arn} is logging, but its event selectors are no longer those that the stack made"
        return ObjectCoverage(covered=False, reason=changed)
    return objects


def _what_is_known(trail: Trail) -> str:
    if isinstance(trail.selectors, Unreadable):
        return "is an organization trail that is logging; this account cannot see what it logs"
    return "logs the write calls on buckets"


def _except_for(trail: Trail) -> str:
    return f", except calls by {some_of([named(who) for who in trail.left_out])}" if trail.left_out else ""
