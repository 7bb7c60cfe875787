"""Step 3: the grants that a copy sets, and the readers that an ACL admits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseal.core.access.object_acl import readers_locked_out
from reseal.core.repairs.objects.acl import grant_parameters, ungrantable
from reseal.core.state.bucket_access import AclGrant
from reseal.core.state.s3_object import ObjectAcl

OWNER, FRIEND = "0wner", "fr1end"
PUBLIC = "http://acs.amazonaws.com/groups/global/AllUsers"
SIGNED_IN = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
PERMISSIONS = {
    "GrantFullControl": "FULL_CONTROL",
    "GrantRead": "READ",
    "GrantReadACP": "READ_ACP",
    "GrantWriteACP": "WRITE_ACP",
}


def acl(
    *grants: tuple[str, str], owner: frozenset[str] = frozenset({"FULL_CONTROL"}), **more: Any
) -> ObjectAcl:
    listed = tuple(AclGrant(grantee=grantee, permission=permission) for grantee, permission in grants)
    return ObjectAcl(owner=OWNER, owner_permissions=owner, grants=listed, **more)


def read(parameters: Mapping[str, str]) -> set[tuple[str, str]]:
    """The grants as S3 reads the parameters."""
    return {
        (grantee, PERMISSIONS[name])
        for name, value in parameters.items()
        for grantee in re.findall(r'(?:id|uri)="([^"]*)"', value)
    }


@pytest.mark.parametrize(
    ("found", "parameters"),
    [
        pytest.param(acl(), {}, id="private: what S3 gives by itself"),
        pytest.param(
            acl((PUBLIC, "READ")),
            {"GrantFullControl": f'id="{OWNER}"', "GrantRead": f'uri="{PUBLIC}"'},
            id="public-read",
        ),
        pytest.param(
            acl((FRIEND, "READ"), (SIGNED_IN, "READ")),
            {"GrantFullControl": f'id="{OWNER}"', "GrantRead": f'id="{FRIEND}", uri="{SIGNED_IN}"'},
            id="several of one permission",
        ),
        pytest.param(
            acl((FRIEND, "FULL_CONTROL")),
            {"GrantFullControl": f'id="{OWNER}", id="{FRIEND}"'},
            id="bucket-owner-full-control",
        ),
        pytest.param(
            acl(owner=frozenset({"READ", "READ_ACP"})),
            {"GrantRead": f'id="{OWNER}"', "GrantReadACP": f'id="{OWNER}"'},
            id="the owner has less than all",
        ),
        pytest.param(
            acl((FRIEND, "READ_ACP"), (FRIEND, "WRITE_ACP"), owner=frozenset()),
            {"GrantReadACP": f'id="{FRIEND}"', "GrantWriteACP": f'id="{FRIEND}"'},
            id="the owner has nothing",
        ),
        pytest.param(
            acl(owner=frozenset({"READ", "WRITE"})),
            {"GrantRead": f'id="{OWNER}"'},
            id="the owner has what means nothing on objects",
        ),
    ],
)
def test_a_copy_states_the_grants(found: ObjectAcl, parameters: dict[str, str]) -> None:
    assert grant_parameters(found) == parameters


STATABLE = st.sampled_from(sorted(PERMISSIONS.values()))
ACLS = st.builds(
    ObjectAcl,
    owner=st.just(OWNER),
    owner_permissions=st.frozensets(STATABLE, min_size=1),
    grants=st.lists(
        st.builds(
            AclGrant, grantee=st.sampled_from([FRIEND, "other", PUBLIC, SIGNED_IN]), permission=STATABLE
        )
    ).map(tuple),
)


@given(ACLS)
def test_what_a_copy_states_is_the_whole_acl_and_no_more(found: ObjectAcl) -> None:
    whole = {(OWNER, permission) for permission in found.owner_permissions}
    whole |= {(grant.grantee, grant.permission) for grant in found.grants}

    stated = read(grant_parameters(found)) or {(OWNER, "FULL_CONTROL")}

    assert stated == whole


@pytest.mark.parametrize(
    ("found", "why"),
    [
        pytest.param(acl(), None, id="private"),
        pytest.param(acl((FRIEND, "READ"), (PUBLIC, "READ_ACP")), None, id="grants"),
        pytest.param(acl(bucket_owner="us"), "another account", id="of another account"),
        pytest.param(acl((FRIEND, "WRITE")), "WRITE", id="a permission that copies cannot set"),
        pytest.param(acl(owner=frozenset()), "has no grants", id="empty"),
    ],
)
def test_an_acl_that_cannot_be_set_again_is_reported(found: ObjectAcl, why: str | None) -> None:
    reason = ungrantable(found)

    assert (reason is None) == (why is None)
    assert (why or "") in (reason or "")


@pytest.mark.parametrize(
    ("grant", "reported"),
    [
        pytest.param((PUBLIC, "READ"), (True, True), id="public"),
        pytest.param((SIGNED_IN, "FULL_CONTROL"), (True, True), id="everybody with an account"),
        pytest.param((FRIEND, "READ"), (False, False), id="another account"),
        pytest.param((FRIEND, "FULL_CONTROL"), (False, False), id="another account, everything"),
        pytest.param((PUBLIC, "READ_ACP"), None, id="only the ACL"),
        pytest.param((FRIEND, "WRITE_ACP"), None, id="only changes of the ACL"),
    ],
)
def test_readers_by_acl_are_the_ones_a_key_would_keep_out(
    grant: tuple[str, str], reported: tuple[bool, bool] | None
) -> None:
    impacts = list(readers_locked_out(acl(grant)))

    assert [(impact.certain, impact.under_any_key) for impact in impacts] == ([reported] if reported else [])


OURS = "c" * 64


@pytest.mark.parametrize(
    ("found", "named"),
    [
        (acl((OURS, "FULL_CONTROL"), bucket_owner=OURS), [OWNER]),
        (acl((OURS, "FULL_CONTROL"), (FRIEND, "READ"), bucket_owner=OURS), [OWNER, FRIEND]),
        (acl((OURS, "READ"), bucket_owner=OURS, owner=frozenset({"WRITE_ACP"})), []),
        (acl((OURS, "READ"), bucket_owner=OURS, owner=frozenset()), []),
        (acl((FRIEND, "READ")), [FRIEND]),
        (acl(), []),
    ],
)
def test_own_account_is_no_stranger_and_a_foreign_owner_is_named(found: ObjectAcl, named: list[str]) -> None:
    sentences = [impact.sentence for impact in readers_locked_out(found)]

    assert [next(who for who in (OWNER, FRIEND, OURS) if who in one) for one in sentences] == named
