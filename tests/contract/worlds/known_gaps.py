"""Where LocalEmu 1.3.2 does not do what AWS documents: these tests must fail there, each in this way.

A gap that closes makes its test fail (`strict`); then its row goes.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from reseal.core.errors import RefusalError, TransientError

WORLD = "LocalEmu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """`only` stands in the ids of the test's cases that are meant."""

    test: str
    only: str = ""
    fails_with: type[Exception]
    reason: str

    def covers(self, item: pytest.Item) -> bool:
        name, _, case = item.name.partition("[")
        return name == self.test and self.only in case


NOT_IMPLEMENTED = "UpdateObjectEncryption is not implemented (501)"
GAPS = (
    Gap(
        test="test_what_was_written_is_read_back",
        only="DSSE-KMS",
        fails_with=RefusalError,
        reason="a default of DSSE-KMS with a key is refused, with a message that calls it applicable (E13)",
    ),
    Gap(
        test="test_many_entries_are_opened_read_and_closed",
        fails_with=TransientError,
        reason="TransactGetItems takes 25 items, the limit of before 2022; DynamoDB takes 100",
    ),
    Gap(
        test="test_plain_object_has_nothing_special",
        fails_with=TransientError,
        reason="ListObjectAnnotations, of 2026, is unknown to it: 500",
    ),
    Gap(
        test="test_copy_keeps_when_the_object_expires",
        only="copy]",
        fails_with=KeyError,
        reason="CopyObject drops Expires, which the directive COPY keeps",
    ),
    Gap(
        test="test_change_in_place_changes_nothing_but_the_encryption",
        fails_with=TransientError,
        reason=NOT_IMPLEMENTED,
    ),
    Gap(
        test="test_change_in_place_is_of_the_very_version", fails_with=TransientError, reason=NOT_IMPLEMENTED
    ),
    Gap(
        test="test_object_that_is_gone_is_not_changed_in_place",
        fails_with=TransientError,
        reason=NOT_IMPLEMENTED,
    ),
    Gap(test="test_dsse_is_not_changed_in_place", fails_with=TransientError, reason=NOT_IMPLEMENTED),
)


def expected_to_fail(item: pytest.Item) -> pytest.MarkDecorator | None:
    """The mark of a test that runs into a gap."""
    gap = next((gap for gap in GAPS if in_world(item) and gap.covers(item)), None)
    return gap and pytest.mark.xfail(reason=f"LocalEmu: {gap.reason}", raises=gap.fails_with, strict=True)


def in_world(item: pytest.Item) -> bool:
    """Whether the test runs against LocalEmu."""
    case = getattr(item, "callspec", None)
    named = case is not None and WORLD in case.params.values()
    return named or "localemu" in getattr(item, "fixturenames", ())
