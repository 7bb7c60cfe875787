"""Step 2, values: what the TLS check knows of a bucket beside its policy, and what keeps it from a repair."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reseal.core.state.bucket_access import BucketAccess
from reseal.core.transit.plain_http import PlainHttpCall


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitFacts:
    """Who uses a bucket, and who manages it.

    `access` holds its ACL, S3's own verdict on its policy and Block Public Access; its `policy` is not used.
    `has_website`: it has a website configuration, also one that only redirects. `blocks_public_policy`:
    BlockPublicPolicy is on for the bucket or the account. `tool` manages the bucket, in `stack` if that is
    known. `plain_http` are calls that arrived without TLS.
    """

    access: BucketAccess
    has_website: bool = False
    blocks_public_policy: bool = False
    tool: str | None = None
    stack: str | None = None
    plain_http: tuple[PlainHttpCall, ...] = ()


class Cause(StrEnum):
    """Why Reseal does not write the bucket policy."""

    TOO_LARGE = "too large"
    DELETED_PRINCIPAL = "deleted principal"
    PUBLIC_POLICY_BLOCKED = "public policy blocked"
    WEBSITE = "website"
    PUBLIC_POLICY = "public policy"
    PUBLIC_ACL = "public ACL"
    CLOUDFRONT = "CloudFront origin access identity"
    REFUSES_TLS = "refuses TLS"
    ALLOWS_HTTP_ONLY = "allows plain HTTP only"
    EXEMPTS_HTTP = "exempts plain HTTP"
    MANAGED = "managed by a tool"
    HTTP_IN_USE = "plain HTTP in use"


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """One reason not to write, with who or what it is about, and what a person can do."""

    cause: Cause
    because: str
    recommendation: str
