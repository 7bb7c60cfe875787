"""Step 6: a sign of ransomware is noted, and what it belongs to is found, with few calls."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reseal.core.errors import TransientError
from reseal.core.findings.sign import Noted, Sign, SignKind
from reseal.flow.signs import MOST_READS, note_sign
from tests.support.fakes.services import NOON, FakeCloud

KEY = "arn:aws:kms:us-east-1:111122223333:key/11111111-1111-1111-1111-111111111111"


def a_sign(kind: SignKind, who: str, bucket: str | None = None, key: str | None = None) -> Sign:
    return Sign(kind=kind, at=NOON, who=who, bucket=bucket, key=key)


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud.holding({}, {})


def test_two_roles_that_share_the_work_are_joined_by_bucket_and_by_key(cloud: FakeCloud) -> None:
    unblocked = a_sign(SignKind.UNBLOCKED, "opener", "payroll")
    put = a_sign(SignKind.OUTSIDE_KEY, "writer", "payroll", KEY)
    taken = a_sign(SignKind.KEY_TAKEN, "closer", key=KEY)

    found = [note_sign(cloud.services, sign) for sign in (unblocked, put, taken)]

    assert [len(signs) for signs in found] == [1, 2, 3]
    assert set(found[-1]) == {unblocked, put, taken}


def test_signs_of_others_in_other_places_are_apart(cloud: FakeCloud) -> None:
    note_sign(cloud.services, a_sign(SignKind.UNBLOCKED, "eve", "payroll"))

    alone = a_sign(SignKind.CUSTOMER_KEY, "bob", "reports")

    assert note_sign(cloud.services, alone) == (alone,)


def test_signs_of_yesterday_are_not_joined(cloud: FakeCloud) -> None:
    note_sign(cloud.services, a_sign(SignKind.UNBLOCKED, "eve", "payroll"))
    cloud.clock.sleep(timedelta(days=1, seconds=1).total_seconds())

    today = Sign(kind=SignKind.CUSTOMER_KEY, at=cloud.clock.now(), who="eve", bucket="payroll")

    assert note_sign(cloud.services, today) == (today,)


def test_sign_that_is_known_is_read_and_not_written_again(cloud: FakeCloud) -> None:
    sign = a_sign(SignKind.CUSTOMER_KEY, "eve", "payroll")
    note_sign(cloud.services, sign)
    before = len(cloud.steps.taken)

    note_sign(cloud.services, sign)

    assert cloud.steps.taken[before:] == ["read signs"] * 2


def test_number_of_reads_is_bounded(cloud: FakeCloud) -> None:
    for number in range(30):
        note_sign(cloud.services, a_sign(SignKind.CUSTOMER_KEY, "eve", f"bucket-{number}"))
    before = len(cloud.steps.taken)

    note_sign(cloud.services, a_sign(SignKind.CUSTOMER_KEY, "eve", "bucket-0"))

    assert cloud.steps.taken[before:].count("read signs") == MOST_READS


def test_sign_of_another_invocation_that_came_first_is_kept(cloud: FakeCloud) -> None:
    other, sign = (a_sign(kind, "eve", "payroll") for kind in (SignKind.UNBLOCKED, SignKind.CUSTOMER_KEY))
    replace_signs = cloud.watchlist.replace_signs

    def after_the_other(facet: str, noted: Noted, now: object) -> bool:
        cloud.watchlist.replace_signs = replace_signs  # type: ignore[method-assign]
        note_sign(cloud.services, other)
        return replace_signs(facet, noted, NOON)

    cloud.watchlist.replace_signs = after_the_other  # type: ignore[method-assign]
    note_sign(cloud.services, sign)

    assert set(note_sign(cloud.services, sign)) == {other, sign}


def test_signs_that_never_stay_as_they_were_are_tried_again_later(cloud: FakeCloud) -> None:
    cloud.watchlist.replace_signs = lambda *_: False  # type: ignore[method-assign]

    with pytest.raises(TransientError):
        note_sign(cloud.services, a_sign(SignKind.CUSTOMER_KEY, "eve", "payroll"))
