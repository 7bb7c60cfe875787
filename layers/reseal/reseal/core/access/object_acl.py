"""Step 3: whom the ACL of an object lets read, and a KMS key would keep out."""

from __future__ import annotations

from collections.abc import Iterator

from reseal.core.access.impact import EVERYONE, Impact
from reseal.core.state.s3_object import ObjectAcl

_READS = frozenset({"READ", "FULL_CONTROL"})


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
