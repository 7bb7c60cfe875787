"""Step 5, act: the parts for copying an object that is too large for one CopyObject (C10)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MIB = 1 << 20
PART_SIZE = 512 * MIB
MOST_PARTS = 10_000  # C27


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part: its number from 1, and its first and last byte, counted from 0."""

    number: int
    first: int
    last: int


def parts_of(size: int, part_size: int) -> Iterator[Part]:
    """Parts of `part_size` bytes, or larger if there would be too many parts. The last may be smaller."""
    each = max(part_size, -(-size // MOST_PARTS))
    for number, first in enumerate(range(0, size, each), start=1):
        yield Part(number=number, first=first, last=min(first + each, size) - 1)
