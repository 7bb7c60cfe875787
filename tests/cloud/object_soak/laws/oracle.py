"""Which encryption is compliant, decided independently of the product: from docs/checks.md, by key names."""

from __future__ import annotations

from collections.abc import Mapping

from tests.cloud.object_soak.cases.cases import Written
from tests.cloud.object_soak.cases.snapshot import Seen
from tests.cloud.object_soak.world.lanes import Stack

_STRENGTH = {None: 0, "AES256": 1, "aws:kms": 2, "aws:kms:dsse": 3}
_OWN = ("team", "unlisted")


def strength(seen: Seen) -> int:
    return _STRENGTH.get(seen.algorithm, 0)


def is_right(stack: Stack, keys: Mapping[str, str], seen: Seen) -> bool:
    """Strong enough, and under an approved key."""
    names = {"K", *(_OWN if stack.listed is None else stack.listed)}
    approved = {keys[name] for name in names}
    return strength(seen) >= _STRENGTH[stack.required.value] and seen.key_arn in approved


def must_not_be_moved(written: Written, was: Seen, now: Seen) -> bool:
    """Whether moving to another key would deny a reader access, or is impossible: then it needs a person."""
    if was.algorithm == "SSE-C" or written.lock:
        return True
    readers = {
        who for who, right in now.acl if right in {"READ", "FULL_CONTROL"}
    }  # another writer may have removed the grant
    opened = written.acl in {"read", "public"} and len(readers) > 1
    return (written.bucket == "public" or opened) and was.algorithm == "AES256" and now.algorithm != "AES256"
