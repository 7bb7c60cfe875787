"""What is particular to one check stands in its row of the catalogue."""

from __future__ import annotations

from typing import Any

import pytest

from reseal.core.calls.keys.key_call import BY_KMS
from reseal.core.checks.buckets.observed_bucket import ObservedBucket
from reseal.core.checks.catalogue import CHECK_BY_ID, CHECKS, Check, decisions_of
from reseal.core.checks.object_encryption import ObservedEncryption
from reseal.core.decision import Exempt
from reseal.core.policy.requirements import Mode
from reseal.core.resource import BucketResource, KeyResource, ObjectResource
from reseal.core.trail.trail import BUCKET_CALLS, KEY_CALLS, OBJECT_WRITES
from tests.support.builders import (
    BUCKET_KEY,
    DEFAULT_ENCRYPTION,
    DEFAULT_MODES,
    KEY_ACCESS,
    OBJECT_ENCRYPTION,
    SSE_C_BLOCK,
    a_call,
    an_object_call,
    encryption,
    object_encryption,
    requirements,
)
from tests.support.fakes.services import NOON

RECEIVED = {
    BucketResource: BUCKET_CALLS,
    ObjectResource: OBJECT_WRITES,
    KeyResource: (*KEY_CALLS, *BY_KMS.values()),
}
OBSERVED: list[tuple[Any, Any]] = [
    (a_call(), ObservedBucket(read_at=NOON, encryption=encryption())),
    (an_object_call(), ObservedEncryption(encryption=object_encryption())),
]


@pytest.mark.parametrize("check", CHECKS, ids=CHECK_BY_ID)
def test_reseal_receives_every_call_that_can_set_what_a_check_judges(check: Check) -> None:
    assert check.calls <= set(RECEIVED[check.resource])


def test_every_write_of_an_object_that_reseal_receives_sets_its_encryption() -> None:
    assert CHECK_BY_ID[OBJECT_ENCRYPTION].calls == set(OBJECT_WRITES)


@pytest.mark.parametrize(("call", "observed"), OBSERVED, ids=["bucket", "object"])
def test_only_checks_of_the_kind_of_resource_decide(call: Any, observed: Any) -> None:
    decisions = decisions_of(requirements(), call, observed)

    assert list(decisions) == [check.id for check in CHECKS if isinstance(call.resource, check.resource)]


@pytest.mark.parametrize(("call", "observed"), OBSERVED, ids=["bucket", "object"])
def test_check_that_is_off_judges_nothing(call: Any, observed: Any) -> None:
    off = requirements(check_modes=dict.fromkeys(DEFAULT_MODES, Mode.OFF))

    assert {type(decision) for decision in decisions_of(off, call, observed).values()} == {Exempt}


@pytest.mark.parametrize(
    ("check", "call", "set_by_call"),
    [
        (DEFAULT_ENCRYPTION, a_call("DeleteBucketEncryption"), True),
        (DEFAULT_ENCRYPTION, a_call("PutBucketPolicy"), False),
        (BUCKET_KEY, a_call("PutBucketEncryption"), None),
        (BUCKET_KEY, a_call("PutBucketAcl"), False),
        (SSE_C_BLOCK, a_call("CreateBucket"), None),
        (KEY_ACCESS, a_call("PutBucketAcl"), None),
        (KEY_ACCESS, a_call("PutBucketEncryption"), False),
    ],
)
def test_row_says_whether_a_call_set_the_state_of_a_bucket(
    check: str, call: Any, set_by_call: bool | None
) -> None:
    assert CHECK_BY_ID[check].set_by_call(call, encryption()) is set_by_call


def test_object_is_judged_under_the_call_that_wrote_it() -> None:
    assert CHECK_BY_ID[OBJECT_ENCRYPTION].set_by_call(an_object_call(), object_encryption()) is True


@pytest.mark.parametrize("check", CHECKS, ids=CHECK_BY_ID)
def test_who_set_a_state_that_cannot_be_read_is_unknown(check: Check) -> None:
    assert check.set_by_call(a_call(), None) is None
