"""The code of each property is needed: without a row's sender the copy loses it, and the test notices.

So the local cloud drops what S3 drops, and the tests of this folder would notice a missing row.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Any

import pytest

from reseal.core.findings.finding import Finding
from reseal.core.repairs.objects import properties
from reseal.core.repairs.objects.properties import PROPERTIES, Property
from reseal.core.state.bucket_encryption import SseAlgorithm
from tests.cloud.object_soak.cases.cases import Case, Written
from tests.cloud.object_soak.cases.snapshot import KEPT, see
from tests.cloud.object_soak.run.run import Run, run_case, start
from tests.cloud.object_soak.world.lanes import Lanes, Stack
from tests.cloud.object_soak.world.resources import COPY_LIMIT

RICH = Written(
    bucket="with-acls",
    metadata={"department": "payroll"},
    headers={"CacheControl": "no-store", "ContentType": "text/csv"},
    tags={"team": "payroll", "empty": ""},
    storage_class="STANDARD_IA",
    checksum="SHA256",
    redirect="/elsewhere",
    acl="grants",
    encryption="unlisted",
    context=True,
)
LARGE = replace(RICH, size=COPY_LIMIT + 1)
STACK = Stack(listed=("team",), replaces=True)
DSSE = replace(STACK, required=SseAlgorithm.DSSE_KMS)
KEPT_BY_S3 = frozenset({"user metadata", "content headers", "tags", "annotations", "checksum"})
"""What CopyObject keeps by itself (C35): their senders only make that explicit."""
UNSEEN = frozenset({"encryption context", "checksum"})
"""S3 never shows the context; it replaces a lost checksum by one of another algorithm."""
FIELDS = {name: field for field, name in KEPT.items()}


@dataclass(frozen=True, slots=True)
class Way:
    """One of the two ways to send properties explicitly."""

    sender: str
    written: Written
    stack: Stack

    @property
    def rows(self) -> list[Property]:
        return [row for row in PROPERTIES if getattr(row, self.sender)]


COPY = Way("sent_with_copy", RICH, STACK)
PARTS = Way("sent_with_parts", LARGE, DSSE)
NEEDED = [(COPY, row.name) for row in COPY.rows if row.name not in KEPT_BY_S3]
NEEDED += [(PARTS, row.name) for row in PARTS.rows]


@pytest.fixture(autouse=True)
def _without_retry_pauses(without_retry_pauses: None) -> None:
    """For every test here."""


def without(name: str, sender: str) -> tuple[Property, ...]:
    """The table without the sender of the named row."""
    silent: dict[str, Any] = {sender: None}
    return tuple(replace(row, **silent) if row.name == name else row for row in PROPERTIES)


def copied(lanes: Lanes, way: Way) -> Run:
    run = start(lanes, Case(written=way.written, stack=way.stack), uuid.uuid4().int % 10**9)
    run_case(run)
    return run


def lost(run: Run) -> set[str]:
    now = see(run.lanes.resources, run.of.bucket, run.of.key)
    assert now is not None
    assert now.encryption != run.before.encryption
    return {name for name, field in FIELDS.items() if getattr(now, field) != getattr(run.before, field)}


@pytest.mark.parametrize("way", [COPY, PARTS], ids=["copy", "parts"])
def test_whole_table_keeps_every_property_and_reports_no_change(lanes: Lanes, way: Way) -> None:
    run = copied(lanes, way)

    assert lost(run) <= ({"checksum"} if way is PARTS else set())
    assert [finding.status.value for finding in run.findings] == ["REMEDIATED"]
    assert "differ from before" not in run.findings[0].reason


@pytest.mark.parametrize(("way", "name"), NEEDED, ids=[f"{way.sender}, {name}" for way, name in NEEDED])
def test_property_that_is_not_sent_is_lost_and_reported(
    lanes: Lanes, monkeypatch: pytest.MonkeyPatch, way: Way, name: str
) -> None:
    monkeypatch.setattr(properties, "PROPERTIES", without(name, way.sender))

    run = copied(lanes, way)

    assert name in lost(run)
    if name not in UNSEEN:
        assert name in reasons(run.findings)


@pytest.mark.parametrize("name", sorted(KEPT_BY_S3 - {"annotations"}))
def test_property_that_s3_copies_by_itself_needs_no_sender(
    lanes: Lanes, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(properties, "PROPERTIES", without(name, "sent_with_copy"))

    run = copied(lanes, COPY)

    assert lost(run) == set()


def reasons(findings: list[Finding]) -> str:
    return " ".join(finding.reason for finding in findings)
