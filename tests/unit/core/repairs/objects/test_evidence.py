"""What the ledger keeps of an object, and what is seen from it to differ later."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reseal.core.repairs.objects.evidence import changed_since, evidence_of, is_another, keeps_acl
from reseal.core.state.bucket_access import AclGrant
from reseal.core.state.s3_object import Lock, ObjectAcl
from tests.support.builders import an_object, an_original
from tests.support.fakes.services import NOON

ACL = ObjectAcl(
    owner="us",
    owner_permissions=frozenset({"FULL_CONTROL"}),
    grants=(AclGrant(grantee="one", permission="READ"), AclGrant(grantee="two", permission="READ_ACP")),
)
HEADERS = {"ContentType": "text/csv", "Expires": NOON}


def test_the_evidence_says_what_a_copy_cannot_bring_back() -> None:
    evidence = evidence_of(an_original(storage_class="STANDARD_IA"))

    del evidence["kept"]
    assert evidence == {
        "etag": '"9bb58f26192e4ba00f01e2e7b136bbd8"',
        "last_modified": "2026-11-23T12:00:00+00:00",
        "size": "5",
        "storage_class": "STANDARD_IA",
    }


def test_what_is_as_it_was_differs_in_nothing() -> None:
    original = an_original(acl=ACL, headers=HEADERS, metadata={"a": "1"})

    assert changed_since(evidence_of(original), original.head, ACL) == ()


def test_the_order_of_metadata_is_no_difference() -> None:
    original = an_original(metadata={"a": "1", "b": "2"})

    after = replace(original.head, metadata={"b": "2", "a": "1"})

    assert changed_since(evidence_of(original), after, None) == ()


def test_an_entry_of_before_an_update_of_reseal_has_nothing_to_compare() -> None:
    evidence = evidence_of(an_original(acl=ACL))
    del evidence["kept"]

    assert not keeps_acl(evidence)
    assert changed_since(evidence, an_object(size=6), None) == ()


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"metadata": {"a": "2"}}, ("user metadata",)),
        ({"headers": {**HEADERS, "Expires": NOON + timedelta(days=1)}}, ("content headers",)),
        ({"size": 6, "tag_count": 1}, ("bytes", "tags")),
    ],
)
def test_what_differs_is_named(changes: dict[str, Any], names: tuple[str, ...]) -> None:
    original = an_original(headers=HEADERS, metadata={"a": "1"})

    assert changed_since(evidence_of(original), replace(original.head, **changes), None) == names


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"grants": ACL.grants[::-1]}, ()),
        ({"grants": ACL.grants[:1]}, ("ACL",)),
        ({"owner": "another"}, ("ACL",)),
        ({"owner_permissions": frozenset()}, ("ACL",)),
    ],
    ids=["other order", "a grant less", "another owner", "owner without rights"],
)
def test_an_acl_is_the_same_in_any_order(changes: dict[str, Any], names: tuple[str, ...]) -> None:
    original = an_original(acl=ACL)

    assert changed_since(evidence_of(original), original.head, replace(ACL, **changes)) == names


@pytest.mark.parametrize("acl", [None, ACL])
def test_an_acl_is_kept_where_there_was_one(acl: ObjectAcl | None) -> None:
    assert keeps_acl(evidence_of(an_original(acl=acl))) is (acl is not None)


@pytest.mark.parametrize(
    ("changes", "another"),
    [({}, False), ({"etag": '"b"'}, True), ({"last_modified": NOON + timedelta(seconds=1)}, True)],
)
def test_another_write_has_another_etag_or_time(changes: dict[str, Any], another: bool) -> None:
    original = an_original()

    assert is_another(evidence_of(original), replace(original.head, **changes)) is another


@pytest.mark.parametrize(
    ("until", "held"),
    [(NOON, None), (NOON + timedelta(seconds=1), "GOVERNANCE retention until 2026-11-23")],
    ids=["over", "for a second"],
)
def test_a_retention_that_is_over_holds_nothing(until: datetime, held: str | None) -> None:
    assert Lock(mode="GOVERNANCE", until=until).as_of(NOON).in_words == held


def test_a_legal_hold_outlives_a_retention() -> None:
    lock = Lock(mode="COMPLIANCE", until=datetime(2025, 1, 1, tzinfo=UTC), legal_hold=True)

    assert lock.as_of(NOON).in_words == "a legal hold"


@pytest.mark.parametrize(
    ("etag", "of_parts"), [('"9bb58f26192e4ba00f01e2e7b136bbd8"', False), ('"9bb5-2"', True)]
)
def test_an_etag_shows_parts(etag: str, of_parts: bool) -> None:
    assert an_object(etag=etag).listed.is_of_parts is of_parts
