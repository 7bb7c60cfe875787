"""Step 3, decide: an object's ACL, which a copy must set again."""

from __future__ import annotations

from collections import defaultdict

from reseal.core.state.bucket_access import AclGrant
from reseal.core.state.s3_object import ObjectAcl
from reseal.core.text.quoted import quoted, some_of

_PARAMETERS = {
    "FULL_CONTROL": "GrantFullControl",
    "READ": "GrantRead",
    "READ_ACP": "GrantReadACP",
    "WRITE_ACP": "GrantWriteACP",
}


def grant_parameters(acl: ObjectAcl) -> dict[str, str]:
    """The grants as parameters of CopyObject; none if they equal S3's default, full control for the owner."""
    if not acl.grants and acl.owner_permissions == {"FULL_CONTROL"}:
        return {}
    grantees: dict[str, list[str]] = defaultdict(list)
    owner = (AclGrant(grantee=acl.owner, permission=permission) for permission in acl.owner_permissions)
    for grant in (*owner, *acl.grants):
        if parameter := _PARAMETERS.get(grant.permission):
            kind = "uri" if grant.grantee.startswith("http") else "id"
            grantees[parameter].append(f'{kind}="{grant.grantee}"')
    return {parameter: ", ".join(sorted(names)) for parameter, names in grantees.items()}


def ungrantable(acl: ObjectAcl) -> str | None:
    """Why a copy cannot set the same ACL; None if it can."""
    if acl.foreign:
        return f"it belongs to another account ({quoted(acl.owner)}), and a copy would belong to this account"
    if not acl.owner_permissions and not acl.grants:
        return "its ACL has no grants, and a copy cannot set an empty ACL"
    odd = [quoted(one) for one in sorted({grant.permission for grant in acl.grants} - _PARAMETERS.keys())]
    return f"its ACL has a grant that a copy cannot set: {some_of(odd)}" if odd else None
