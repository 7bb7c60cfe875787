"""Step 3, decide: bucket policies that S3 would refuse to take back, known before the write.

Sources: Amazon S3 User Guide, "Bucket policies" (20 KB), "Blocking public access" (BlockPublicPolicy) and
"Troubleshoot access denied (403 Forbidden) errors"; IAM User Guide, "AWS JSON policy elements: Principal".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from reseal.core.access.iam_policy import listed
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.deny_insecure_transport import DenyInsecureTransport
from reseal.core.text.quoted import quoted
from reseal.core.transit.facts import Cause, Obstacle, TransitFacts
from reseal.core.transit.verdict import in_words, named_statements

LARGEST_POLICY = 20_480
"""Bytes, without white space."""

_EXISTS = re.compile(r"\*|\d{12}|arn:.*", re.DOTALL)


def why_unwritable(
    found: BucketPolicy, change: DenyInsecureTransport, facts: TransitFacts
) -> Iterator[Obstacle]:
    """Why S3 would refuse `found` with the change."""
    size = change.applied_to(found).size
    if size > LARGEST_POLICY:
        yield Obstacle(
            cause=Cause.TOO_LARGE,
            because=(
                f"the bucket policy would have {size} bytes with one more statement, and S3 takes at most "
                f"{LARGEST_POLICY}"
            ),
            recommendation="shorten the bucket policy, for example by one list of principals for many",
        )
    if gone := tuple(_deleted_principals(found)):
        yield Obstacle(
            cause=Cause.DELETED_PRINCIPAL,
            because=(
                f"the bucket policy names {in_words(gone)}: that principal was deleted, and S3 refuses a "
                "policy that names one"
            ),
            recommendation="remove the deleted principal from the bucket policy",
        )
    if facts.access.blocks_public_policy and facts.access.policy_is_public:
        yield Obstacle(
            cause=Cause.PUBLIC_POLICY_BLOCKED,
            because=(
                "the bucket policy is public and BlockPublicPolicy is on: S3 refuses every new policy that "
                "is public"
            ),
            recommendation="remove what makes the bucket policy public, or turn BlockPublicPolicy off",
        )


def _deleted_principals(policy: BucketPolicy) -> Iterator[str]:
    """The ids that IAM shows for principals that no longer exist: all names but `*`, accounts and ARNs."""
    for named, statement in named_statements(policy.document or {}):
        for element in ("Principal", "NotPrincipal"):
            for name in _of_aws(statement.get(element)):
                if not _EXISTS.fullmatch(name):
                    yield f"{quoted(name, 64)} in {named}"


def _of_aws(principal: Any) -> list[str]:
    names = listed(principal.get("AWS")) if isinstance(principal, Mapping) else []
    return [str(name) for name in names]
