"""Step 2, values: what the TLS check knows of a bucket beside its policy, and what keeps it from a repair."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reseal.core.state.bucket_access import BucketAccess
from reseal.core.transit.noted import BY_HAND


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitFacts:
    """Who uses a bucket, and who manages it.

    `access` holds its ACL, its website, S3's own verdict on its policy and Block Public Access; its `policy`
    is not used. `tool` manages the bucket, in `stack` if that is known; the bucket's tags may name it, unless
    they could not be read. `creator` is the tool that created it, None if that is not known.
    `must_know_creator`: no call explains the violation, so only the creator shows that no tool manages the
    bucket. `plain_http` says who used plain HTTP lately.
    """

    access: BucketAccess
    tool: str | None = None
    stack: str | None = None
    tags_are_known: bool = True
    creator: str | None = None
    must_know_creator: bool = False
    plain_http: str | None = None

    @property
    def may_be_managed(self) -> bool:
        """Whether a tool that Reseal does not know of may manage the bucket."""
        return self.must_know_creator and self.creator not in BY_HAND


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
    UNKNOWN_TAGS = "unknown tags"
    UNKNOWN_CREATOR = "unknown creator"
    HTTP_IN_USE = "plain HTTP in use"


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """One reason not to write, with who or what it is about, and what a person can do."""

    cause: Cause
    because: str
    recommendation: str
