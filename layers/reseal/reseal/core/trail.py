"""Before step 1: does a trail tell this Region's event bus of the calls Reseal waits for?

EventBridge gets what a trail logs and nothing else (A2, A4): without a trail that logs write
management events here, no event comes, and nothing but this check would notice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

HEARD_CALLS = (
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

_EVENT_SOURCE = "s3.amazonaws.com"
_WRITES = frozenset({"All", "WriteOnly"})
_TAKES: Mapping[str, Callable[[str, str], bool]] = {
    "Equals": lambda text, value: text == value,
    "StartsWith": lambda text, value: text.startswith(value),
    "EndsWith": lambda text, value: text.endswith(value),
}
_LEAVES_OUT = {f"Not{name}": matches for name, matches in _TAKES.items()}
_WHO = "userIdentity.arn"


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicSelector:
    """A trail's event selector of the older kind."""

    read_write: str
    management: bool
    excluded_sources: frozenset[str] = frozenset()

    def takes(self, _call: str) -> bool:
        """Whether the trail logs this write call on a bucket."""
        return self.management and self.read_write in _WRITES and _EVENT_SOURCE not in self.excluded_sources

    @property
    def left_out_callers(self) -> tuple[str, ...]:
        """This kind knows no callers."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSelector:
    """One condition of an advanced event selector: a field, and values by operator, in CloudTrail's words."""

    field: str
    values: Mapping[str, tuple[str, ...]]

    def takes(self, facts: Mapping[str, str]) -> bool:
        """Whether a call of which `facts` are known passes, whoever makes it and wherever from.

        A condition on anything else lets only some calls pass, so it does not. The one exception
        is leaving callers out by ARN: that is how a trail spares itself a known writer (A38).
        """
        if self.field not in facts:
            return self.field == _WHO and self.values.keys() <= _LEAVES_OUT.keys()
        text = facts[self.field]
        taking = [_TAKES[name](text, value) for name, value in self._pairs() if name in _TAKES]
        leaving = [_LEAVES_OUT[name](text, value) for name, value in self._pairs() if name in _LEAVES_OUT]
        return (any(taking) or not taking) and not any(leaving)

    def _pairs(self) -> Iterator[tuple[str, str]]:
        return ((name, value) for name, values in self.values.items() for value in values)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvancedSelector:
    """A trail's event selector of the newer kind: all its conditions must hold (A38)."""

    fields: tuple[FieldSelector, ...]

    def takes(self, call: str) -> bool:
        """Whether the trail logs this write call on a bucket."""
        facts = {
            "eventCategory": "Management",
            "eventName": call,
            "eventSource": _EVENT_SOURCE,
            "eventType": "AwsApiCall",
            "readOnly": "false",
        }
        return all(field.takes(facts) for field in self.fields)

    @property
    def left_out_callers(self) -> tuple[str, ...]:
        """The callers whose calls this selector drops, as it names them."""
        return tuple(
            value
            for field in self.fields
            if field.field == _WHO
            for values in field.values.values()
            for value in values
        )


Selector = BasicSelector | AdvancedSelector


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """What CloudTrail would not tell of a trail, and why: often an organization's, of another account."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """A trail as this Region's CloudTrail describes it."""

    arn: str
    multi_region: bool
    of_organization: bool = False
    logging: bool | Unread
    selectors: tuple[Selector, ...] | Unread

    @property
    def home_region(self) -> str:
        """The Region it was made in."""
        return self.arn.split(":")[3]

    def why_unheard(self, region: str) -> str | None:
        """Why EventBridge does not get all of HEARD_CALLS in `region` from it; None if it does."""
        if not self.multi_region and self.home_region != region:
            return f"logs {self.home_region} only"
        if isinstance(self.logging, Unread):
            return f"may or may not be logging: {self.logging.why}"
        if not self.logging:
            return "is not logging"
        if isinstance(self.selectors, Unread) and self.of_organization:
            return None  # a member account may not see what its organization's trail selects
        if isinstance(self.selectors, Unread):
            return f"is logging, but what is unknown: {self.selectors.why}"
        missing = [call for call in HEARD_CALLS if not any(s.takes(call) for s in self.selectors)]
        return f"is logging, but not every {', '.join(missing)}" if missing else None

    @property
    def left_out(self) -> tuple[str, ...]:
        """The callers whose calls it does not log, where that is known."""
        selectors = () if isinstance(self.selectors, Unread) else self.selectors
        return tuple(dict.fromkeys(who for selector in selectors for who in selector.left_out_callers))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """Whether Reseal hears the calls of its Region, and by which trail, or why not."""

    hears: bool
    reason: str

    def to_document(self) -> dict[str, bool | str]:
        """The answer as JSON."""
        return {"hears": self.hears, "reason": self.reason}


def judge_trails(trails: Iterable[Trail], region: str) -> Hearing:
    """Find a trail that tells `region` of every call. What is unknown does not count as told."""
    reasons = []
    for trail in trails:
        why = trail.why_unheard(region)
        if why is None:
            except_for = f", except calls by {', '.join(trail.left_out)}" if trail.left_out else ""
            return Hearing(hears=True, reason=f"{trail.arn} logs the write calls on buckets{except_for}")
        reasons.append(f"{trail.arn} {why}")
    if not reasons:
        reasons.append(f"no trail covers {region}: deploy with CreateManagementTrail=true, or make one")
    return Hearing(hears=False, reason="; ".join(reasons))
