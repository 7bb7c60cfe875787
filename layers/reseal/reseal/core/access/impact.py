"""Step 3, decide: which callers would lose access under a KMS key, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reseal.core.access.callers import ANY_SERVICE, Kind
from reseal.core.access.grantees import Grantee, Home, grantees_of
from reseal.core.access.key_policy import KeyPolicy, service_of
from reseal.core.state.bucket_access import EVERYONE, AclGrant, BucketAccess
from reseal.core.state.bucket_encryption import SseAlgorithm
from reseal.core.text.quoted import named, quoted, some_of

_LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"

_SERVER_ACCESS_LOGS = "S3 server access logs are delivered to SSE-S3 buckets only"
_LOAD_BALANCER = "load balancer access logs are delivered to SSE-S3 buckets only"
_NEVER_WITH_KMS = {
    "logging.s3.amazonaws.com": _SERVER_ACCESS_LOGS,
    "logdelivery.elasticloadbalancing.amazonaws.com": _LOAD_BALANCER,
    "logdelivery.elb.amazonaws.com": _LOAD_BALANCER,
    "redshift.amazonaws.com": "Redshift is not documented to deliver audit logs to SSE-KMS buckets",
}
"""Writers that cannot write under any KMS key, whatever its policy allows (E17, E18)."""

LOAD_BALANCER_ACCOUNTS = frozenset(
    {
        "009996457667", "027434742980", "033677994240", "037604701340", "048591011584", "054676820928",
        "076674570225", "098369216593", "114774131450", "127311923021", "156460612806", "190560391635",
        "383597477331", "507241528517", "582318560864", "589379963580", "600734575887", "635631232127",
        "638102146993", "652711504416", "718504428378", "754344448648", "783225319266", "797873946194",
        "897822967062", "985666609251",
    }
)  # fmt: skip
"""AWS's own accounts that deliver load balancer logs, by Region (Elastic Load Balancing, access logs)."""


_NEVER_CERTAIN = frozenset({"cloudtrail.amazonaws.com", ANY_SERVICE})
"""A trail can use its own key instead of the bucket's (E24); a service nobody names may not exist."""

_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Impact:
    """One party and what it could no longer do, in words.

    `certain` is false if what Reseal can read does not decide it. `under_any_key` says that no KMS key
    works for the party: a bucket that already has a KMS key denies it access already.
    """

    sentence: str
    certain: bool = True
    under_any_key: bool = False


def in_words(impacts: Sequence[Impact]) -> str:
    """The first impacts, then the number of the others, because messages have a size limit."""
    return some_of([impact.sentence for impact in impacts], separator="; ", longest=_LONGEST)


def impact_of(access: BucketAccess, key: KeyPolicy, algorithm: str) -> tuple[Impact, ...]:
    """The parties that could no longer read, write or replicate new objects of a bucket under `key`."""
    found = (
        *_through_policy(access, key, algorithm),
        *_through_website(access),
        *(impact for grant in _effective_acl(access) for impact in _through_acl(grant)),
        *_through_replication(access),
    )
    return tuple(dict.fromkeys(found))


def own_callers(key: KeyPolicy) -> Iterator[Impact]:
    """Callers of the bucket's own account would need a permission on the key, which SSE-S3 does not need."""
    if key.admits_every_caller is not True:
        yield Impact(
            f"callers of this account whose IAM policies do not allow the use of {named(key.key_arn)} could "
            "not use new objects: its key policy does not allow every caller through S3",
            certain=False,
        )


def _through_policy(access: BucketAccess, key: KeyPolicy, algorithm: str) -> Iterator[Impact]:
    home = Home(
        account=key.account,
        canonical_id=access.owner_id,
        partition=key.partition,
        blocks_public=access.restricts_public_policy,
        policy_is_public=access.policy_is_public,
    )
    grantees = list(grantees_of(access.policy or {}, home))
    for grantee in grantees:
        could_not = f"{_named(grantee)} could not {_doing(grantee)} new objects"
        if why := _why_locked_out(grantee, algorithm):
            in_doubt = grantee.may_be_denied or (grantee.kind is Kind.ANYONE and grantee.conditional)
            certain = not in_doubt or access.policy_is_public
            yield Impact(f"{could_not}: {why}", certain=certain, under_any_key=True)
        else:
            yield from _through_key(grantee, could_not, key)
    names_the_public = access.restricts_public_policy or any(one.kind is Kind.ANYONE for one in grantees)
    if access.policy_is_public and not names_the_public:
        sentence = "S3 calls the bucket policy public: readers without a signature could not read new objects"
        yield Impact(sentence, under_any_key=True)


def _through_key(grantee: Grantee, could_not: str, key: KeyPolicy) -> Iterator[Impact]:
    answer = key.admits(grantee)
    if answer.holds is not True:
        why = "does not allow it" if answer.holds is False else "does not say for certain that it is allowed"
        is_refused = answer.holds is False and not grantee.may_be_denied
        certain = is_refused and service_of(grantee) not in _NEVER_CERTAIN
        sentence = f"{could_not}: the policy of {named(key.key_arn)} {why} ({answer.reason})"
        yield Impact(sentence, certain=certain)


def _why_locked_out(grantee: Grantee, algorithm: str) -> str | None:
    """Why no key policy could give this grantee access; None if one could."""
    if grantee.kind is Kind.ANYONE:
        return "S3 refuses requests without a signature for objects under a KMS key"
    if grantee.kind is Kind.ORIGIN_ACCESS_IDENTITY:
        return "a CloudFront origin access identity cannot use KMS keys (an origin access control can)"
    service = service_of(grantee) or ""
    if service in _NEVER_WITH_KMS:
        return _NEVER_WITH_KMS[service]
    if grantee.account in LOAD_BALANCER_ACCOUNTS:
        return _LOAD_BALANCER
    if algorithm == SseAlgorithm.DSSE_KMS and service.startswith("logs."):
        return "CloudWatch Logs cannot export to DSSE-KMS buckets"
    return None


def _through_website(access: BucketAccess) -> Iterator[Impact]:
    """Visitors read what the bucket policy or an object's own ACL lets everybody read."""
    if access.serves_website and not (access.restricts_public_policy and access.ignores_public_acls):
        sentence = "the bucket serves a website: visitors do not sign requests and could not read new objects"
        yield Impact(sentence, under_any_key=True)


def _effective_acl(access: BucketAccess) -> Iterator[AclGrant]:
    """The grants that count: Block Public Access ignores those to the public."""
    for grant in access.acl:
        if grant.grantee not in EVERYONE or not access.ignores_public_acls:
            yield grant


def _through_acl(grant: AclGrant) -> Iterator[Impact]:
    """A bucket ACL grants writes. A public bucket ACL also suggests that object ACLs grant public reads."""
    writes = grant.permission in {"WRITE", "FULL_CONTROL"}
    if grant.grantee == _LOG_DELIVERY:
        if writes:
            sentence = f"the S3 log delivery group could not write new objects: {_SERVER_ACCESS_LOGS}"
            yield Impact(sentence, under_any_key=True)
    elif not writes and grant.permission != "READ":
        return
    elif grant.grantee in EVERYONE:
        sentence = "the bucket's ACL is public, and public callers could not use objects under a KMS key"
        yield Impact(sentence, certain=writes, under_any_key=True)
    else:
        sentence = (
            f"the bucket's ACL admits another account, {named(grant.grantee)}, which the key may not admit"
        )
        yield Impact(sentence, certain=False)


def _through_replication(access: BucketAccess) -> Iterator[Impact]:
    for rule in access.replication:
        if rule.enabled and not rule.takes_kms_objects:
            sentence = (
                f"replication rule {quoted(rule.id)} would stop replicating new objects without an error"
            )
            yield Impact(f"{sentence}: it does not select objects under KMS keys", under_any_key=True)


def _named(grantee: Grantee) -> str:
    name = named(grantee.name)
    return {
        Kind.ANYONE: "callers without a signature",
        Kind.SIGNED: f"the principal {name}",
        Kind.ACCOUNT: f"account {named(grantee.account or '')} ({name})",
        Kind.SERVICE: "an AWS service" if grantee.name == ANY_SERVICE else f"the service {name}",
        Kind.ORIGIN_ACCESS_IDENTITY: f"CloudFront ({quoted(grantee.name.rsplit('/', 1)[-1])})",
        Kind.ACCESS_POINT: f"callers through access points of {name}",
        Kind.UNKNOWN: f"the principal {name}",
    }[grantee.kind]


def _doing(grantee: Grantee) -> str:
    return " and ".join([*(["read"] if grantee.reads else []), *(["write"] if grantee.writes else [])])
