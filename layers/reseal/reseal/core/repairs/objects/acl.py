"""Step 3: an object's ACL, as a copy must state it anew, and whom it lets read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from reseal.core.access.impact import EVERYONE, Impact
from reseal.core.state.bucket_access import AclGrant
from reseal.core.state.s3_object import ObjectAcl

_PARAMETERS = {
    "FULL_CONTROL": "GrantFullControl",
    "READ": "GrantRead",
    "READ_ACP": "GrantReadACP",
    "WRITE_ACP": "GrantWriteACP",
}
_READS = frozenset({"READ", "FULL_CONTROL"})


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


def readers_locked_out(acl: ObjectAcl) -> Iterator[Impact]:
    """Whom the object's own ACL lets read, and a KMS key would keep out."""
    for grant in acl.grants:
        if grant.permission not in _READS:
            continue
        if grant.grantee in EVERYONE:
            sentence = "the object's ACL lets the public read it, who cannot use a KMS key"
            yield Impact(sentence, under_any_key=True)
        else:
            sentence = f"the object's ACL lets {grant.grantee} read it, whom the key may not admit"
            yield Impact(sentence, certain=False)
