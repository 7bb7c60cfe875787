"""Step 3, decide: three-valued answers. None means that the question cannot be settled."""

from __future__ import annotations

from collections.abc import Iterable

Settled = bool | None
"""True: it holds for every request. False: it holds for none. None: for some, or it cannot be settled."""


def all_of(answers: Iterable[Settled]) -> Settled:
    """Three-valued AND: False if any is False, else None if any is None, else True."""
    found = set(answers)
    return False if False in found else None if None in found else True


def any_of(answers: Iterable[Settled]) -> Settled:
    """Three-valued OR: True if any is True, else None if any is None, else False."""
    found = set(answers)
    return True if True in found else None if None in found else False


def negated(answer: Settled) -> Settled:
    """Three-valued NOT."""
    return None if answer is None else not answer
