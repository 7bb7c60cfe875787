"""Who would be locked out of what, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reseal.core.encryption import SseAlgorithm
from reseal.core.guard.exposure import AclGrant, Exposure
from reseal.core.guard.grantees import Grantee, Kind, grantees_of
from reseal.core.guard.key_access import KeyPolicy

_EVERYONE = "http://acs.amazonaws.com/groups/global/AllUsers"
_ALL_SIGNED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
_LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"

_SERVER_ACCESS_LOGS = "S3 server access logs are delivered to SSE-S3 buckets only"
_LOAD_BALANCER = "load balancer access logs are delivered to SSE-S3 buckets only"
_NEVER_WITH_KMS = {
    "logging.s3.amazonaws.com": _SERVER_ACCESS_LOGS,
    "logdelivery.elasticloadbalancing.amazonaws.com": _LOAD_BALANCER,
    "logdelivery.elb.amazonaws.com": _LOAD_BALANCER,
    "redshift.amazonaws.com": "Redshift is not documented to deliver audit logs to SSE-KMS buckets",
}
"""Writers that no key policy can help (E17, E18)."""

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


@dataclass(frozen=True, slots=True)
class Impact:
    """One party and what it could no longer do, in words; uncertain where a key policy is unreadable."""

    sentence: str
    certain: bool = True


_NAMES_ITS_OWN_ENCRYPTION = frozenset({"cloudtrail.amazonaws.com"})
"""Writers that state an encryption with every object, so that a bucket's default does not reach them."""


def impact_of(exposure: Exposure, key: KeyPolicy, algorithm: str) -> tuple[Impact, ...]:
    """Everyone who could no longer read, write or replicate new objects of a bucket under `key`."""
    found = (
        *_through_policy(exposure, key, algorithm),
        *_through_website(exposure),
        *(impact for grant in exposure.acl for impact in _through_acl(grant)),
        *_through_replication(exposure),
    )
    return tuple(dict.fromkeys(found))


def _through_policy(exposure: Exposure, key: KeyPolicy, algorithm: str) -> Iterator[Impact]:
    grantees = list(grantees_of(exposure.policy or {}))
    for grantee in grantees:
        if grantee.kind is Kind.SERVICE and grantee.name in _NAMES_ITS_OWN_ENCRYPTION:
            continue
        if why := _why_locked_out(grantee, key, algorithm):
            yield Impact(f"{_named(grantee)} could not {_doing(grantee)} new objects: {why}")
        elif (admitted := key.admits(grantee)) is not True:
            unknown = "cannot be read, so whether it admits it is unknown"
            why = "does not admit it" if admitted is False else unknown
            sentence = (
                f"{_named(grantee)} could not {_doing(grantee)} new objects: the policy of {key.key_arn}"
            )
            yield Impact(f"{sentence} {why}", certain=admitted is False)
    if exposure.policy_is_public and not any(grantee.kind is Kind.ANYONE for grantee in grantees):
        yield Impact(
            "S3 calls the bucket policy public: readers without a signature could not read new objects"
        )


def _why_locked_out(grantee: Grantee, key: KeyPolicy, algorithm: str) -> str | None:
    """Why no key's policy could help this grantee; None where one could."""
    if grantee.kind is Kind.ANYONE:
        return "S3 refuses requests without a signature for objects under a KMS key"
    if grantee.kind is Kind.ORIGIN_ACCESS_IDENTITY:
        return "a CloudFront origin access identity cannot use KMS keys (an origin access control can)"
    if grantee.kind is Kind.SERVICE and grantee.name in _NEVER_WITH_KMS:
        return _NEVER_WITH_KMS[grantee.name]
    if grantee.account in LOAD_BALANCER_ACCOUNTS:
        return _LOAD_BALANCER
    if (
        algorithm == SseAlgorithm.DSSE_KMS
        and grantee.kind is Kind.SERVICE
        and grantee.name.startswith("logs.")
    ):
        return "CloudWatch Logs cannot export to DSSE-KMS buckets"
    return None


def _through_website(exposure: Exposure) -> Iterator[Impact]:
    if exposure.serves_website:
        yield Impact("visitors of the bucket's website could not read new objects: they never sign requests")


def _through_acl(grant: AclGrant) -> Iterator[Impact]:
    writes = grant.permission in {"WRITE", "FULL_CONTROL"}
    if grant.grantee == _LOG_DELIVERY:
        if writes:
            yield Impact(f"S3's log delivery group could not write new objects: {_SERVER_ACCESS_LOGS}")
    elif grant.grantee in {_EVERYONE, _ALL_SIGNED}:
        yield Impact("the bucket's ACL is open to the public, who could not use objects under a KMS key")
    elif writes or grant.permission == "READ":
        sentence = f"the bucket's ACL admits {grant.grantee}, another account, which the key may not admit"
        yield Impact(sentence, certain=False)


def _through_replication(exposure: Exposure) -> Iterator[Impact]:
    for rule in exposure.replication:
        if rule.enabled and not rule.takes_kms_objects:
            yield Impact(
                f"replication rule {rule.id!r} would silently stop copying new objects: "
                "it does not select objects under KMS keys"
            )


def _named(grantee: Grantee) -> str:
    return {
        Kind.ANYONE: "callers without a signature",
        Kind.ACCOUNT: f"account {grantee.account} ({grantee.name})",
        Kind.SERVICE: f"the service {grantee.name}",
        Kind.ORIGIN_ACCESS_IDENTITY: f"CloudFront ({grantee.name.rsplit('/', 1)[-1]})",
        Kind.UNKNOWN: f"the principal {grantee.name}",
    }[grantee.kind]


def _doing(grantee: Grantee) -> str:
    return " and ".join([*(["read"] if grantee.reads else []), *(["write"] if grantee.writes else [])])
