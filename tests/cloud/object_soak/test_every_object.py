"""For every kind of write, delivery, concurrent writer and fault, no object is harmed."""

from __future__ import annotations

import itertools
import os

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings

from tests.cloud.object_soak.cases.cases import CASES, Case
from tests.cloud.object_soak.cases.examples import EXAMPLES, with_examples
from tests.cloud.object_soak.laws.objects import check
from tests.cloud.object_soak.run.run import run_case, start
from tests.cloud.object_soak.run.tally import Tally
from tests.cloud.object_soak.world.lanes import Lanes

CASES_WANTED = os.environ.get("RESEAL_OBJECT_CASES")
NUMBER = int(CASES_WANTED or "150")


@pytest.mark.usefixtures("without_retry_pauses")
def test_no_object_is_harmed_and_every_violation_has_a_finding(
    lanes: Lanes, capsys: pytest.CaptureFixture[str]
) -> None:
    tally, numbers = Tally(), itertools.count(1)

    @settings(
        max_examples=max(1, NUMBER - len(EXAMPLES)),
        derandomize=CASES_WANTED
        is None,  # `make soak` looks for new cases, `make test` gives the same result
        print_blob=True,
    )
    @with_examples
    @given(case=CASES)
    def prove(case: Case) -> None:
        tally.begin(case)
        try:
            run = start(lanes, case, next(numbers))
        except ClientError:
            tally.refused(case)
            return
        run_case(run)
        touched = check(run)
        tally.count_end(run, touched=touched)
        with capsys.disabled():
            tally.progress()

    prove()

    with capsys.disabled():
        tally.print()
    assert tally.missing() == []
