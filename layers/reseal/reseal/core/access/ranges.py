"""Step 3, decide: the values that a condition key can have in a set of requests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from reseal.core.access.logic import Settled
from reseal.core.access.patterns import ANYTHING, Pattern, covers, exact, overlap


@dataclass(frozen=True, slots=True)
class Range:
    """A key's values: each lies in one of `within` and in none of `without`.

    `present` says whether the requests have the key: all (True), none (False), or some (None).
    """

    present: Settled = None
    within: tuple[Pattern, ...] = (ANYTHING,)
    without: tuple[Pattern, ...] = ()

    def lies_in(self, patterns: Sequence[Pattern]) -> Settled:
        """Whether every value (True) or no value (False) matches one of the patterns."""
        if all(any(covers(pattern, part) for pattern in patterns) for part in self.within):
            return True
        left = [pattern for pattern in patterns if not _is_covered(pattern, self.without)]
        meets = any(overlap(pattern, part) for pattern in left for part in self.within)
        return None if meets else False

    def narrowed(self, patterns: Sequence[Pattern]) -> Range | None:
        """The values that also match one of the patterns, or more; None if there is certainly none."""
        common = (_common(part, pattern) for part in self.within for pattern in patterns)
        left = (part for part in common if part is not None and not _is_covered(part, self.without))
        within = tuple(dict.fromkeys(left))
        return replace(self, within=within) if within else None

    def reduced(self, patterns: Sequence[Pattern]) -> Range | None:
        """The values that match none of the patterns, or more; None if there is certainly none."""
        without = (*self.without, *(pattern for pattern in patterns if not pattern.loose))
        within = tuple(part for part in self.within if not _is_covered(part, without))
        return replace(self, within=within, without=without) if within else None


ABSENT = Range(present=False)
UNKNOWN = Range()


def always(*texts: str) -> Range:
    """A key that all requests have, with one of these values."""
    return Range(present=True, within=tuple(exact(text) for text in texts))


def _is_covered(pattern: Pattern, by: Iterable[Pattern]) -> bool:
    return any(covers(other, pattern) for other in by)


def _common(part: Pattern, pattern: Pattern) -> Pattern | None:
    """A pattern that holds at least what both hold."""
    if covers(pattern, part):
        return part
    if covers(part, pattern):
        return pattern
    return part if overlap(part, pattern) else None
