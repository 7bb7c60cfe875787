"""The state that undoing a write restores."""

from __future__ import annotations

import pytest

from reseal.core.repairs.undo import restored
from tests.support.builders import SSE_KMS, K, encryption, object_encryption

Blocked = tuple[str, ...] | None


@pytest.mark.parametrize(
    ("before", "named"),
    [
        (None, ("NONE",)),
        ((), ("NONE",)),
        (("NONE",), ("NONE",)),
        (("SSE-X",), ("SSE-X",)),
    ],
    ids=str,
)
def test_a_block_that_the_write_added_is_removed_by_name(before: Blocked, named: Blocked) -> None:
    after = encryption(SSE_KMS, K, blocked=("SSE-X", "SSE-C"))

    rule = restored(encryption(blocked=before), after, after)

    assert rule == encryption(blocked=named)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, None),
        (("NONE",), ("NONE",)),
        (("SSE-C",), ("SSE-C",)),
        (("SSE-C", "SSE-X"), ("SSE-C", "SSE-X")),
        (None, ("SSE-C",)),
        (("SSE-X",), ("SSE-X", "SSE-C")),
    ],
    ids=str,
)
def test_a_block_that_the_write_did_not_add_stays_as_it_is(before: Blocked, after: Blocked) -> None:
    """S3 itself may add one meanwhile (E7)."""
    intended, found = encryption(SSE_KMS, K, blocked=before), encryption(SSE_KMS, K, blocked=after)

    rule = restored(encryption(blocked=before), intended, found)

    assert rule == encryption(blocked=after)


def test_an_object_is_restored_as_it_was() -> None:
    before, under_k = object_encryption(), object_encryption(SSE_KMS, K)

    assert restored(before, under_k, under_k) == before
