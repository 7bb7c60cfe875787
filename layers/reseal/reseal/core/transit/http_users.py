"""Step 3, decide: who would lose access if a bucket denied plain HTTP.

Sources: Amazon S3 User Guide, "Website endpoints" (HTTP only); CloudFront Developer Guide, "Require HTTPS for
communication between CloudFront and your Amazon S3 origin" (without an origin access control, the viewer's
protocol) and "Restrict access to an Amazon S3 origin" (an origin access control that always signs: HTTPS).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from reseal.core.access.callers import Kind, is_of_services
from reseal.core.access.grantees import Grantee, Home, grantees_of
from reseal.core.access.iam_policy import Statement, conditions, listed, may_be_public
from reseal.core.state.bucket_access import EVERYONE
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.deny_insecure_transport import DenyInsecureTransport
from reseal.core.text import quoted as texts
from reseal.core.text.quoted import quoted
from reseal.core.transit.facts import Cause, Obstacle, TransitFacts
from reseal.core.transit.requests_over import HTTP, TLS, TRANSPORT_KEYS, arriving, meets_transport
from reseal.core.transit.snippets import in_template
from reseal.core.transit.verdict import in_words, is_inverted, is_partial, named_statements

_CONTROL_TOWER = "aws-controltower-"
_LONGEST_NAME = 80


def http_users(
    found: BucketPolicy, change: DenyInsecureTransport, account: str, facts: TransitFacts
) -> Iterator[Obstacle]:
    """Everybody who may need plain HTTP, and the tool that would take the statement out again."""
    document = found.document or {}
    admitted = _admitted_over_http(document, change.bucket_arn, account, facts)
    yield from anonymous_users(found, change.bucket_arn, account, facts)
    yield from _cloudfront(document, admitted, facts)
    yield from _by_statement(document)
    yield from _managed(change, facts)
    if facts.plain_http:
        yield Obstacle(
            cause=Cause.HTTP_IN_USE,
            because=f"plain HTTP is in use: {facts.plain_http}",
            recommendation="change these callers to HTTPS; then deny plain HTTP",
        )


def anonymous_users(
    found: BucketPolicy, bucket_arn: str, account: str, facts: TransitFacts
) -> Iterator[Obstacle]:
    """Callers without a signature: visitors of a website, and whoever follows an http:// link."""
    document = found.document or {}
    access = facts.access
    if access.has_website:
        yield Obstacle(
            cause=Cause.WEBSITE,
            because="the bucket has a website configuration, and website endpoints speak plain HTTP only",
            recommendation=(
                "serve the website through CloudFront with an origin access control and delete the website "
                "configuration; then deny plain HTTP"
            ),
        )
    admitted = _admitted_over_http(document, bucket_arn, account, facts)
    is_public = access.policy_is_public and not access.restricts_public_policy
    named = tuple(name for name, one in _allows_over_http(document) if may_be_public({"Statement": [one]}))
    if named and (is_public or any(one.kind is Kind.ANYONE for one in admitted)):
        yield Obstacle(
            cause=Cause.PUBLIC_POLICY,
            because=(
                f"{in_words(named)} of the bucket policy lets callers without a signature in, "
                "over plain HTTP too"
            ),
            recommendation=(
                f"require HTTPS of these callers in {in_words(named)} (aws:SecureTransport true) when no "
                "http:// link is in use any more; then deny plain HTTP"
            ),
        )
    public = sorted({grant.permission for grant in access.acl if grant.grantee in EVERYONE})
    if public and not access.ignores_public_acls:
        yield Obstacle(
            cause=Cause.PUBLIC_ACL,
            because=f"the bucket's ACL gives {' and '.join(public)} to the public, over plain HTTP too",
            recommendation="remove the public grants from the bucket's ACL; then deny plain HTTP",
        )


def uses_origin_access_control(
    found: BucketPolicy, bucket_arn: str, account: str, facts: TransitFacts
) -> bool:
    """Whether CloudFront reads the bucket in its own name. How it signs cannot be read from S3."""
    admitted = _admitted_over_http(found.document or {}, bucket_arn, account, facts)
    return any(one.kind is Kind.SERVICE and one.name.startswith("cloudfront.") for one in admitted)


def _allows_over_http(document: Mapping[str, Any]) -> Iterator[tuple[str, Statement]]:
    """The Allow statements whose conditions on the transport may hold over plain HTTP."""
    for named, statement in named_statements(document):
        if statement.get("Effect") == "Allow" and meets_transport(statement, arriving(HTTP)) is not False:
            yield named, statement


def _admitted_over_http(
    document: Mapping[str, Any], bucket_arn: str, account: str, facts: TransitFacts
) -> list[Grantee]:
    """The callers that the policy lets read or write objects over plain HTTP."""
    home = Home(
        account=account,
        canonical_id=facts.access.owner_id,
        partition=bucket_arn.split(":")[1],
        blocks_public=facts.access.restricts_public_policy,
        policy_is_public=facts.access.policy_is_public,
    )
    allows = [statement for _, statement in _allows_over_http(document)]
    denies = [one for _, one in named_statements(document) if one.get("Effect") == "Deny"]
    return list(grantees_of({**document, "Statement": [*allows, *denies]}, home))


def _cloudfront(
    document: Mapping[str, Any], admitted: list[Grantee], facts: TransitFacts
) -> Iterator[Obstacle]:
    """Origin access identities; a canonical user that is not the bucket's account may be one, too."""
    identities = {
        quoted(one.name.rsplit("/", 1)[-1], _LONGEST_NAME)
        for one in admitted
        if one.kind is Kind.ORIGIN_ACCESS_IDENTITY
    }
    for _, statement in _allows_over_http(document):
        principal = statement.get("Principal")
        users = listed(principal.get("CanonicalUser")) if isinstance(principal, Mapping) else []
        identities |= {
            f"canonical user {quoted(str(one), _LONGEST_NAME)}"
            for one in users
            if one != facts.access.owner_id
        }
    if identities:
        yield Obstacle(
            cause=Cause.CLOUDFRONT,
            because=(
                f"CloudFront reads the bucket as {in_words(tuple(sorted(identities)))} and speaks to it in "
                "the protocol of its viewer, which may be plain HTTP"
            ),
            recommendation=(
                "change the distribution to an origin access control that always signs, or redirect its "
                "viewers to HTTPS; then deny plain HTTP"
            ),
        )


def _by_statement(document: Mapping[str, Any]) -> Iterator[Obstacle]:
    """Statements that leave some callers nothing but plain HTTP, or leave it to them on purpose."""
    for named, statement in named_statements(document):
        if statement.get("Effect") == "Deny" and is_inverted(statement):
            yield Obstacle(
                cause=Cause.REFUSES_TLS,
                because=f"{named} of the bucket policy may refuse TLS: its callers would have no access left",
                recommendation=f"remove or correct {named}; then deny plain HTTP",
            )
        elif statement.get("Effect") == "Deny" and is_partial(statement) and _exempts(statement):
            yield Obstacle(
                cause=Cause.EXEMPTS_HTTP,
                because=f"{named} of the bucket policy denies plain HTTP and exempts some of it on purpose",
                recommendation=f"remove the exemption from {named} when nobody needs it any more",
            )
    for named, statement in _allows_over_http(document):
        if meets_transport(statement, arriving(TLS)) is False:
            yield Obstacle(
                cause=Cause.ALLOWS_HTTP_ONLY,
                because=f"{named} of the bucket policy lets its callers in over plain HTTP only",
                recommendation=f"let them in over TLS in {named}; then deny plain HTTP",
            )


def _exempts(statement: Statement) -> bool:
    """Whether a Deny spares somebody or something that it names, other than AWS services."""
    spared = statement.get("NotPrincipal")
    of_services = isinstance(spared, Mapping) and set(spared) == {"Service"}
    negated = [
        key for operator, key, _ in conditions(statement) if "Not" in operator and key not in TRANSPORT_KEYS
    ]
    return (
        any(name in statement for name in ("NotAction", "NotResource"))
        or (spared is not None and not of_services)
        or any(not is_of_services(key) for key in negated)
    )


def _managed(change: DenyInsecureTransport, facts: TransitFacts) -> Iterator[Obstacle]:
    """Tools that own the policy: their next deployment takes a foreign statement out, or fails on it."""
    bucket = change.bucket_arn.rpartition(":")[2]
    if bucket.startswith(_CONTROL_TOWER) or facts.tool == "Control Tower":
        yield Obstacle(
            cause=Cause.MANAGED,
            because="Control Tower manages the bucket and its policy",
            recommendation="leave the bucket to Control Tower, and update its landing zone",
        )
    elif facts.tool:
        where = f" in stack {texts.named(facts.stack)}" if facts.stack else ""
        yield Obstacle(
            cause=Cause.MANAGED,
            because=(
                f"{facts.tool} manages the bucket{where}: its next deployment would take the statement out"
            ),
            recommendation=in_template(facts.tool, facts.stack, change),
        )
    elif not facts.tags_are_known:
        yield Obstacle(
            cause=Cause.UNKNOWN_TAGS,
            because="the bucket's tags cannot be read: they may name a stack that manages its policy",
            recommendation="allow s3:GetBucketTagging to Reseal's role",
        )
    elif facts.may_be_managed:
        creator = facts.creator
        known = (
            f"{quoted(creator)} created the bucket" if creator else "it is not known what created the bucket"
        )
        yield Obstacle(
            cause=Cause.UNKNOWN_CREATOR,
            because=f"{known}: a template may define it, whose next deployment would take the statement out",
            recommendation=(
                "add the statement to the template that defines the bucket, or to its policy if none does: "
                f"{json.dumps(change.statement())}"
            ),
        )
