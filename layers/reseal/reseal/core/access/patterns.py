"""Step 3, decide: patterns of values as sets of strings. One set can cover, meet or miss another.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators" (String, ARN) and "Resource".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import lru_cache

from reseal.core.resource import BucketResource, ObjectResource, S3Resource

_MANY, _ONE = "**", "??"  # the wildcards as tokens; a literal token is one character
_ARN_PARTS = 6
_MOST_KEPT = 4096
"""Answers about pairs of patterns that are kept: a verdict on one policy asks for most of them many times."""

_Tokens = list[str]


class Style(Enum):
    """How a pattern matches: as it is written, with wildcards, or with wildcards in each part of an ARN."""

    EXACT = auto()
    LIKE = auto()
    ARN = auto()


@dataclass(frozen=True, slots=True)
class Pattern:
    """A set of strings. `fold` ignores case. `loose` says that the true set may be smaller than this one."""

    text: str
    style: Style = Style.LIKE
    fold: bool = False
    loose: bool = False


ANYTHING = Pattern("*")


def exact(text: str) -> Pattern:
    """The set of this one string."""
    return Pattern(text, Style.EXACT)


def objects_of(resource: S3Resource, partition: str) -> Pattern:
    """The ARNs of the objects: the object itself, or all of a bucket."""
    arn = resource.arn(partition)
    match resource:
        case BucketResource():
            return Pattern(f"{arn}/*")
        case ObjectResource():
            return exact(arn)


def pattern_of(text: str, style: Style, *, fold: bool = False) -> Pattern:
    """The simplest form of the pattern: exact without a wildcard, and without case if it has no letter."""
    is_exact = not set("*?") & set(text) and (style is not Style.ARN or text.count(":") >= _ARN_PARTS - 1)
    cased = fold and text.lower() != text.upper()
    return Pattern(text, Style.EXACT if is_exact else style, fold=cased)


@lru_cache(_MOST_KEPT)
def covers(general: Pattern, specific: Pattern) -> bool:
    """Whether each string of `specific` is certainly one of `general`; False if it is not certain."""
    if general.loose:
        return False
    if general.fold:
        general, specific = _folded(general), _folded(specific)
    elif specific.fold:
        return False
    if general.style is Style.EXACT:
        return specific.style is Style.EXACT and general.text == specific.text
    if general.style is Style.ARN:
        return _covers_arn(general, specific)
    return _admits(_tokens(general.text, general.style), _tokens(specific.text, specific.style))


@lru_cache(_MOST_KEPT)
def overlap(one: Pattern, other: Pattern) -> bool:
    """Whether a string may be in both sets; False only if certainly none is."""
    for single, wide in ((one, other), (other, one)):
        if single.style is Style.EXACT and not single.fold and not wide.loose:
            return covers(wide, single)
    if one.fold or other.fold:
        one, other = _folded(one), _folded(other)
    parts = zip(_parts(one), _parts(other), strict=False)
    if one.style is other.style is Style.ARN:
        return all(_meet(_tokens(ours, Style.LIKE), _tokens(theirs, Style.LIKE)) for ours, theirs in parts)
    return _meet(_tokens(one.text, one.style), _tokens(other.text, other.style))


def _folded(pattern: Pattern) -> Pattern:
    return replace(pattern, text=pattern.text.lower(), fold=False)


def _covers_arn(general: Pattern, specific: Pattern) -> bool:
    """ARN operators match the six parts of an ARN one by one; a wildcard does not cross a colon."""
    ours, theirs = _parts(general), _parts(specific)
    if len(ours) < _ARN_PARTS or len(theirs) < _ARN_PARTS:
        return False
    if specific.style is Style.LIKE and any(set("*?") & set(part) for part in theirs[:-1]):
        return False
    parts = zip(ours, theirs, strict=True)
    return all(_admits(_tokens(our, Style.LIKE), _tokens(their, specific.style)) for our, their in parts)


def _parts(arn: Pattern) -> list[str]:
    return arn.text.split(":", _ARN_PARTS - 1)


def _tokens(text: str, style: Style) -> _Tokens:
    if style is Style.EXACT:
        return list(text)
    return [{"*": _MANY, "?": _ONE}.get(character, character) for character in text]


def _admits(general: _Tokens, specific: _Tokens) -> bool:
    """Runs `specific` through the automaton of `general`: only a wildcard takes a wildcard."""
    states = _closure(general, {0})
    for token in specific:
        states = _closure(general, {after for at in states for after in _after(general, at, token)})
    return len(general) in states


def _closure(general: _Tokens, states: set[int]) -> set[int]:
    reached = set(states)
    for state in states:
        at = state
        while at < len(general) and general[at] == _MANY:
            at += 1
            reached.add(at)
    return reached


def _after(general: _Tokens, at: int, token: str) -> tuple[int, ...]:
    if at == len(general):
        return ()
    if general[at] == _MANY:
        return (at,)
    fits = token != _MANY and general[at] in (_ONE, token)
    return (at + 1,) if fits else ()


def _meet(one: _Tokens, other: _Tokens) -> bool:
    """Walks both patterns at once; they meet if both can end together."""
    seen: set[tuple[int, int]] = set()
    ahead = [(0, 0)]
    while ahead:
        place = ahead.pop()
        if place == (len(one), len(other)):
            return True
        if place not in seen:
            seen.add(place)
            ahead += _next_places(one, other, *place)
    return False


def _next_places(one: _Tokens, other: _Tokens, i: int, j: int) -> list[tuple[int, int]]:
    mine = one[i] if i < len(one) else ""
    yours = other[j] if j < len(other) else ""
    if _MANY in (mine, yours):
        return [*([(i + 1, j)] if mine else []), *([(i, j + 1)] if yours else [])]
    fits = mine and yours and (mine == yours or _ONE in (mine, yours))
    return [(i + 1, j + 1)] if fits else []
