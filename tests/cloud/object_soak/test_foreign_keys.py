"""Objects under another account's key, with the rights that the template gives and that account admits."""

from __future__ import annotations

import itertools

import pytest

from reseal.core.state.bucket_encryption import SseAlgorithm
from tests.cloud.object_soak.cases.cases import Case, Written
from tests.cloud.object_soak.laws.objects import check
from tests.cloud.object_soak.run.run import Run, play, start
from tests.cloud.object_soak.world.lanes import Lanes, Stack

NUMBERS = itertools.count(1_000_000)
pytestmark = pytest.mark.usefixtures("impatient")


def ended(lanes: Lanes, case: Case) -> Run:
    run = start(lanes, case, next(NUMBERS))
    play(run)
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
def test_an_object_is_taken_from_a_key_that_admits_reseal(lanes: Lanes, bucket: str, action: str) -> None:
    run = ended(lanes, Case(written=Written(bucket=bucket, encryption="partner")))

    told = {(f.status.value, f.severity.name, f.action) for f in run.findings}
    assert told == {("REMEDIATED", "CRITICAL", action)}


def test_an_object_is_raised_under_a_listed_key_of_another_account(lanes: Lanes) -> None:
    stack = Stack(required=SseAlgorithm.DSSE_KMS, listed=("partner",))

    run = ended(lanes, Case(written=Written(encryption="partner"), stack=stack))

    assert {(f.status.value, f.action) for f in run.findings} == {("REMEDIATED", "CopyObject")}
    assert run.now is not None
    assert run.lanes.ground.keys["partner"] in run.now.encryption
