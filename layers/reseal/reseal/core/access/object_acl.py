"""Step 3, decide: readers that an object's ACL admits and that a KMS key would deny."""

from __future__ import annotations

from collections.abc import Iterator

from reseal.core.access.impact import Impact
from reseal.core.state.bucket_access import EVERYONE
from reseal.core.state.s3_object import ObjectAcl
from reseal.core.text.quoted import named

_READS = frozenset({"READ", "FULL_CONTROL"})


def readers_locked_out(acl: ObjectAcl) -> Iterator[Impact]:
    """The readers that the object's own ACL admits and that a KMS key would deny."""
    for grant in acl.grants_of_others:
        if grant.permission not in _READS:
            continue
        if grant.grantee in EVERYONE:
            sentence = "the object's ACL allows public reads, and public callers cannot use a KMS key"
            yield Impact(sentence, under_any_key=True)
        else:
            sentence = (
                f"the object's ACL allows {named(grant.grantee)} to read it, but the key may not admit it"
            )
            yield Impact(sentence, certain=False)
