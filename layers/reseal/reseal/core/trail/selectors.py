"""Trail coverage: which events the event selectors of a trail select (A38)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

S3, KMS = "s3.amazonaws.com", "kms.amazonaws.com"
"""The event sources of the calls that Reseal needs."""

_WRITES = frozenset({"All", "WriteOnly"})
_TAKES: Mapping[str, Callable[[str, str], bool]] = {
    "Equals": lambda text, value: text == value,
    "StartsWith": lambda text, value: text.startswith(value),
    "EndsWith": lambda text, value: text.endswith(value),
}
_LEAVES_OUT = {f"Not{name}": matches for name, matches in _TAKES.items()}
_WHO, _WHERE = "userIdentity.arn", "resources.ARN"
OBJECT_TYPE = "AWS::S3::Object"
"""CloudTrail's resource type for objects, in basic and advanced selectors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicSelector:
    """A basic event selector of a trail."""

    read_write: str
    management: bool
    excluded_sources: frozenset[str] = frozenset()
    objects: bool = False

    def takes(self, _call: str, source: str = S3) -> bool:
        """Whether the trail logs this write call of an event source, by default on a bucket."""
        return self.management and self.read_write in _WRITES and source not in self.excluded_sources

    def takes_of_objects(self, _call: str) -> bool:
        """Whether the trail logs this write of an object, at least in some buckets."""
        return self.objects and self.read_write in _WRITES

    @property
    def left_out_callers(self) -> tuple[str, ...]:
        """Always empty: a basic selector cannot exclude callers."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSelector:
    """One condition of an advanced event selector, in CloudTrail's names: field, and values by operator."""

    field: str
    values: Mapping[str, tuple[str, ...]]

    def takes(self, facts: Mapping[str, str]) -> bool:
        """Whether every call with these `facts` passes the condition.

        A condition on any other field lets only some calls pass, so the answer is no. The one exception
        is excluding callers by ARN, which trails use to leave out a known writer (A38).
        """
        if self.field not in facts:
            return self.field == _WHO and all(_leaves_out_one(*pair) for pair in self._pairs())
        text = facts[self.field]
        taking = [_TAKES[name](text, value) for name, value in self._pairs() if name in _TAKES]
        leaving = [_LEAVES_OUT[name](text, value) for name, value in self._pairs() if name in _LEAVES_OUT]
        return (any(taking) or not taking) and not any(leaving)

    @property
    def takes_no_object(self) -> bool:
        """Whether the condition excludes the objects of every bucket: it names none after `arn:aws:s3:::`."""
        return any(not value.partition(":::")[2] for value in self.values.get("NotStartsWith", ()))

    def _pairs(self) -> Iterator[tuple[str, str]]:
        return ((name, value) for name, values in self.values.items() for value in values)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvancedSelector:
    """An advanced event selector of a trail: all its conditions must hold (A38)."""

    fields: tuple[FieldSelector, ...]

    def takes(self, call: str, source: str = S3) -> bool:
        """Whether the trail logs this write call of an event source, by default on a bucket."""
        facts = _facts("Management", call) | {"eventSource": source}
        return all(field.takes(facts) for field in self.fields)

    def takes_of_objects(self, call: str) -> bool:
        """Whether the trail logs this write of an object, at least in some buckets."""
        facts = _facts("Data", call) | {"resources.type": OBJECT_TYPE}
        return all(
            not field.takes_no_object if field.field == _WHERE else field.takes(facts)
            for field in self.fields
        )

    def selects_as(self, other: AdvancedSelector) -> bool:
        """Whether both have the same conditions, in any order."""
        return self._conditions == other._conditions

    @property
    def _conditions(self) -> frozenset[tuple[str, str, frozenset[str]]]:
        return frozenset(
            (field.field, name, frozenset(values))
            for field in self.fields
            for name, values in field.values.items()
        )

    @property
    def left_out_callers(self) -> tuple[str, ...]:
        """The callers whose calls this selector excludes, as it names them."""
        return tuple(
            value
            for field in self.fields
            if field.field == _WHO
            for values in field.values.values()
            for value in values
        )


def _leaves_out_one(name: str, value: str) -> bool:
    """Whether the condition excludes one role, user or session, and not, like `arn:`, whole accounts."""
    named = value.partition("/")[2].strip("/")
    return name in _LEAVES_OUT and (name == "NotEquals" or bool(named))


Selector = BasicSelector | AdvancedSelector


def _facts(category: str, call: str) -> dict[str, str]:
    """The fields of a write call that are the same for every caller."""
    return {
        "eventCategory": category,
        "eventName": call,
        "eventSource": S3,
        "eventType": "AwsApiCall",
        "readOnly": "false",
    }
