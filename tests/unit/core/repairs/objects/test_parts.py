"""The parts of a copy, within S3's limits (C27)."""

from __future__ import annotations

import pytest

from reseal.core.repairs.objects.parts import MIB, PART_SIZE, parts_of


@pytest.mark.parametrize(
    ("size", "count", "last"),
    [
        (PART_SIZE, 1, PART_SIZE),
        (PART_SIZE + 1, 2, 1),
        (10_000 * PART_SIZE, 10_000, PART_SIZE),
        (10_000 * (5 << 30), 10_000, 5 << 30),
    ],
    ids=["one part", "one byte more", "as many as S3 takes", "the largest object"],
)
def test_parts_cover_the_object_within_s3s_limits(size: int, count: int, last: int) -> None:
    parts = list(parts_of(size, PART_SIZE))

    sizes = [part.last - part.first + 1 for part in parts]
    assert (len(parts), sum(sizes), parts[-1].last) == (count, size, size - 1)
    assert all(5 * MIB <= each <= 5 << 30 for each in sizes[:-1])
    assert sizes[-1] == last
    assert [part.number for part in parts] == list(range(1, count + 1))
