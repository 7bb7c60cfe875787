"""Step 3: an object's ACL, as a copy must state it anew."""

from __future__ import annotations

from collections import defaultdict

from reseal.core.state.bucket_access import AclGrant
from reseal.core.state.s3_object import ObjectAcl

_PARAMETERS = {
    "FULL_CONTROL": "GrantFullControl",
    "READ": "GrantRead",
    "READ_ACP": "GrantReadACP",
    "WRITE_ACP": "GrantWriteACP",
}


def grant_parameters(acl: ObjectAcl) -> dict[str, str]:
    """The grants as parameters of CopyObject; none where S3's default, the owner alone, is the same."""
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
    """Why the ACL cannot be stated anew; None where it can."""
    if acl.foreign:
        return f"it belongs to another account ({acl.owner}), and a copy would be this account's"
    if not acl.owner_permissions and not acl.grants:
        return "its ACL grants nobody anything, which a copy cannot state"
    odd = sorted({grant.permission for grant in acl.grants} - _PARAMETERS.keys())
    return f"its ACL has a grant that a copy cannot state: {', '.join(odd)}" if odd else None
