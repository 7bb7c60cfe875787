"""Step 5: which outcomes leave a write that may have been made."""

from __future__ import annotations

import pytest

from reseal.core.outcome import Applied, Failed, Outcome, SkipCause, Skipped, may_have_been_made
from tests.support.builders import encryption
from tests.support.fakes.services import NOON


@pytest.mark.parametrize(
    ("outcome", "made"),
    [
        (Applied(after=encryption(), at=NOON), True),
        (Skipped(cause=SkipCause.UNKNOWN, reason="something else is there now"), True),
        (Skipped(cause=SkipCause.NEWER, reason="a newer write came first"), False),
        (Failed(code="AccessDenied", reason="denied"), False),
        (None, False),
    ],
)
def test_write_may_have_been_made_if_it_was_or_if_nobody_saw_its_end(
    outcome: Outcome | None, made: bool
) -> None:
    assert may_have_been_made(outcome) is made
