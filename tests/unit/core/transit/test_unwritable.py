"""Policies that S3 would refuse to take back, known before the write."""

from __future__ import annotations

from typing import Any

import pytest

from reseal.core.state.bucket_access import BucketAccess
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.deny_insecure_transport import DenyInsecureTransport
from reseal.core.transit.facts import Cause, TransitFacts
from reseal.core.transit.unwritable import LARGEST_POLICY, why_unwritable
from tests.unit.core.transit.cases import BUCKET, PARTNER, allow, policy

CHANGE = DenyInsecureTransport(bucket_arn=BUCKET)
NOTHING = TransitFacts(access=BucketAccess())


def causes(document: Any, facts: TransitFacts = NOTHING) -> list[Cause]:
    return [one.cause for one in why_unwritable(BucketPolicy.of(document), CHANGE, facts)]


@pytest.mark.parametrize(("more", "expected"), [(0, []), (1, [Cause.TOO_LARGE])])
def test_policy_may_have_20_480_bytes_after_the_change(more: int, expected: list[Cause]) -> None:
    small = policy(allow(Sid=""))
    room = LARGEST_POLICY - CHANGE.applied_to(BucketPolicy.of(small)).size

    assert causes(policy(allow(Sid="x" * (room + more)))) == expected


@pytest.mark.parametrize(
    ("principal", "is_gone"),
    [
        ({"AWS": "AROAEXAMPLEEXAMPLE123"}, True),
        ({"AWS": [PARTNER, "AIDAEXAMPLEEXAMPLE123"]}, True),
        ({"AWS": "somebody"}, True),
        ({"AWS": PARTNER}, False),
        ({"AWS": f"arn:aws:iam::{PARTNER}:role/etl"}, False),
        ({"AWS": "*"}, False),
        ({"Service": "logging.s3.amazonaws.com"}, False),
        ({"CanonicalUser": "79a59df900b949e55d96a1e698fbaced"}, False),
        ("*", False),
        (None, False),
    ],
)
@pytest.mark.parametrize("element", ["Principal", "NotPrincipal"])
def test_deleted_principals_are_known_by_their_bare_ids(element: str, principal: Any, is_gone: bool) -> None:
    statement = allow(Principal="*") | {element: principal}

    assert causes(policy(statement)) == ([Cause.DELETED_PRINCIPAL] if is_gone else [])


def test_deleted_principals_are_named_with_their_statements() -> None:
    gone = [allow(Sid=f"S{number}", Principal={"AWS": f"AROAEXAMPLE{number}"}) for number in range(7)]

    (found,) = why_unwritable(BucketPolicy.of(policy(*gone)), CHANGE, NOTHING)

    assert "'AROAEXAMPLE0' in statement 'S0' and" in found.because
    assert "and 2 more" in found.because


@pytest.mark.parametrize(
    ("blocks", "is_public", "expected"),
    [
        (True, True, [Cause.PUBLIC_POLICY_BLOCKED]),
        (True, False, []),
        (False, True, []),
    ],
)
def test_public_policy_is_refused_where_such_policies_are_blocked(
    blocks: bool, is_public: bool, expected: list[Cause]
) -> None:
    facts = TransitFacts(access=BucketAccess(policy_is_public=is_public, blocks_public_policy=blocks))

    assert causes(policy(allow(Principal="*")), facts) == expected
