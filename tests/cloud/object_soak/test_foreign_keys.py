"""Objects under another account's key, with the rights of the template and of that key's policy."""

from __future__ import annotations

import itertools

import pytest

from reseal.core.state.bucket_encryption import SseAlgorithm
from tests.cloud.object_soak.cases.cases import Case, Written
from tests.cloud.object_soak.laws.objects import check
from tests.cloud.object_soak.run.run import Run, run_case, start
from tests.cloud.object_soak.world.lanes import Lanes, Stack

NUMBERS = itertools.count(1_000_000)
pytestmark = pytest.mark.usefixtures("without_retry_pauses")


def run_to_the_end(lanes: Lanes, case: Case) -> Run:
    run = start(lanes, case, next(NUMBERS))
    run_case(run)
    check(run)
    return run


@pytest.mark.parametrize(
    ("bucket", "action"),
    [
        ("plain", "CopyObject"),
        ("versioned", "UpdateObjectEncryption"),
        ("notifying", "UpdateObjectEncryption"),
    ],
)
def test_object_moves_away_from_a_foreign_key_that_admits_reseal(
    lanes: Lanes, bucket: str, action: str
) -> None:
    run = run_to_the_end(lanes, Case(written=Written(bucket=bucket, encryption="partner")))

    found = {(f.status.value, f.severity.name, f.written and f.written.action) for f in run.findings}
    assert found == {("REMEDIATED", "CRITICAL", action)}


def test_object_under_a_listed_foreign_key_is_raised_to_dsse(lanes: Lanes) -> None:
    stack = Stack(required=SseAlgorithm.DSSE_KMS, listed=("partner",))

    run = run_to_the_end(lanes, Case(written=Written(encryption="partner"), stack=stack))

    assert {(f.status.value, f.written and f.written.action) for f in run.findings} == {
        ("REMEDIATED", "CopyObject")
    }
    assert run.now is not None
    assert run.lanes.resources.keys["partner"] in run.now.encryption
