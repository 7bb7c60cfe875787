"""What a call did to a bucket's encryption by its record alone, as a table."""

from __future__ import annotations

import pytest

from reseal.core.calls.bucket_call import BucketCall
from reseal.core.checks.buckets.default_encryption import DEFAULT_ENCRYPTION
from reseal.core.checks.buckets.sse_c_block import SSE_C_BLOCK
from reseal.core.checks.by_record import changed_since, decisions_by_record, encryption_set_by
from reseal.core.decision import Severity, Violation
from reseal.core.state.bucket_encryption import NEVER_CONFIGURED, BucketEncryption
from tests.support.builders import (
    ENFORCE_ALL,
    SSE_KMS,
    STRANGER_KEY,
    TEAM_KEY,
    a_call,
    encryption,
    observe,
    requirements,
    stated,
)

REQUIREMENTS = requirements(check_modes=ENFORCE_ALL)
LOWERS = a_call(stated=stated("AES256"))
TO_STRANGER = a_call(stated=stated("aws:kms", STRANGER_KEY))
UNBLOCKS = a_call(stated=stated("aws:kms", TEAM_KEY, unblocks_sse_c=True))
RIGHT = encryption(SSE_KMS, TEAM_KEY, bucket_key=True)


@pytest.mark.parametrize(
    ("call", "as_set"),
    [
        pytest.param(LOWERS, encryption(), id="SSE-S3"),
        pytest.param(TO_STRANGER, encryption(SSE_KMS, STRANGER_KEY), id="another account's key"),
        pytest.param(UNBLOCKS, encryption(SSE_KMS, TEAM_KEY, blocked=()), id="SSE-C unblocked"),
        pytest.param(a_call("DeleteBucketEncryption"), NEVER_CONFIGURED, id="deleted"),
        pytest.param(a_call(stated=None), None, id="no configuration in the record"),
        pytest.param(a_call(stated=stated()), None, id="no algorithm in the record"),
        pytest.param(a_call("CreateBucket"), None, id="a new bucket"),
        pytest.param(a_call("PutBucketPolicy"), None, id="another setting"),
    ],
)
def test_record_says_which_encryption_the_call_set(call: BucketCall, as_set: BucketEncryption | None) -> None:
    assert encryption_set_by(call) == as_set


def violations(call: BucketCall, now: BucketEncryption | None) -> dict[str, Severity]:
    as_set = encryption_set_by(call)
    assert as_set is not None
    changed = changed_since(call, observe(REQUIREMENTS, now) if now else None)
    decisions = decisions_by_record(REQUIREMENTS, call, observe(REQUIREMENTS, as_set), changed)
    return {check: one.severity for check, one in decisions.items() if isinstance(one, Violation)}


@pytest.mark.parametrize("now", [None, RIGHT], ids=["unread", "put right since"])
@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param(LOWERS, {DEFAULT_ENCRYPTION: Severity.HIGH}, id="lowered"),
        pytest.param(a_call("DeleteBucketEncryption"), {DEFAULT_ENCRYPTION: Severity.HIGH}, id="deleted"),
        pytest.param(TO_STRANGER, {DEFAULT_ENCRYPTION: Severity.CRITICAL}, id="another account's key"),
    ],
)
def test_what_is_not_as_the_call_left_it_is_judged_by_the_record(
    call: BucketCall, now: BucketEncryption | None, expected: dict[str, Severity]
) -> None:
    assert violations(call, now) == expected


@pytest.mark.parametrize("call", [LOWERS, TO_STRANGER], ids=["lowered", "another account's key"])
def test_what_is_still_as_the_call_left_it_is_judged_by_its_state_alone(call: BucketCall) -> None:
    assert violations(call, encryption_set_by(call)) == {}


@pytest.mark.parametrize(
    ("now", "judged"),
    [
        pytest.param(None, True, id="unread"),
        pytest.param(RIGHT, True, id="blocked since"),
        pytest.param(encryption(SSE_KMS, TEAM_KEY, blocked=()), False, id="still unblocked"),
    ],
)
def test_unblocking_is_judged_by_the_record_unless_it_is_still_there(
    now: BucketEncryption | None, judged: bool
) -> None:
    assert (violations(UNBLOCKS, now).get(SSE_C_BLOCK) is Severity.HIGH) is judged


def test_block_that_a_record_does_not_mention_is_not_judged_by_it() -> None:
    """A PutBucketEncryption that leaves the block list out may keep it (E5)."""
    assert SSE_C_BLOCK not in violations(LOWERS, None)
