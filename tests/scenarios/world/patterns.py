"""Event patterns as EventBridge matches them, as far as the template uses them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.translated import as_list

MISSING = object()


def matches(pattern: Mapping[str, Any], event: Any) -> bool:
    """Whether the event has everything that the pattern names. An array matches if one element does."""
    elements = event if isinstance(event, list) else [event]
    return any(
        all(_field_matches(name, rule, element, elements) for name, rule in pattern.items())
        for element in elements
    )


def _field_matches(name: str, rule: Any, event: Any, siblings: Sequence[Any]) -> bool:
    if name == "$or":
        return any(matches(alternative, event) for alternative in rule)
    value = _field(event, name)
    if isinstance(rule, Mapping):
        return matches(rule, {} if value is MISSING or value is None else value)
    return any(_one(condition, value, [_field(sibling, name) for sibling in siblings]) for condition in rule)


def _field(event: Any, name: str) -> Any:
    return event.get(name, MISSING) if isinstance(event, Mapping) else MISSING


def _one(condition: Any, value: Any, of_siblings: Sequence[Any]) -> bool:
    """In an array, `exists: false` holds only if no element has the field."""
    if isinstance(condition, Mapping) and "exists" in condition:
        there = [one is not MISSING for one in of_siblings]
        return any(there) if condition["exists"] else not any(there)
    if value is MISSING:
        return False
    return any(_condition(condition, one) for one in as_list(value))


def _condition(condition: Any, value: Any) -> bool:
    if not isinstance(condition, Mapping):
        return bool(condition == value)
    ((kind, wanted),) = condition.items()
    if kind == "anything-but":
        return not any(_condition(one, value) for one in _alternatives(wanted))
    if not isinstance(value, str):
        return False
    return _text_matches(kind, wanted, value)


def _text_matches(kind: str, wanted: Any, value: str) -> bool:
    if isinstance(wanted, Mapping):  # {prefix: {equals-ignore-case: text}}
        value, wanted = value.lower(), wanted["equals-ignore-case"].lower()
    match kind:
        case "prefix":
            return value.startswith(str(wanted))
        case "suffix":
            return value.endswith(str(wanted))
        case "equals-ignore-case":
            return value.lower() == str(wanted).lower()
        case "wildcard":
            return _wildcard(wanted, value)
    raise NotImplementedError(kind)


def _wildcard(wanted: str, value: str) -> bool:
    first, *rest = wanted.split("*")
    if not value.startswith(first):
        return False
    value = value[len(first) :]
    for part in rest[:-1]:
        at = value.find(part)
        if at < 0:
            return False
        value = value[at + len(part) :]
    return value.endswith(rest[-1]) if rest else not value


def _alternatives(wanted: Any) -> list[Any]:
    """`{prefix: [a, b]}` as two conditions."""
    if isinstance(wanted, Mapping):
        ((kind, values),) = wanted.items()
        return [{kind: one} for one in as_list(values)]
    return as_list(wanted)
