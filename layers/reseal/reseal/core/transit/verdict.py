"""Step 3, decide: whether a bucket policy denies every request over plain HTTP, and what else it denies.

Only what can be proved counts as denied. The price of a doubt is one statement too many.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from reseal.core.access.callers import ANY_SERVICE, Kind
from reseal.core.access.grantees import Home, grantees_of
from reseal.core.access.iam_policy import Statement, listed, statements
from reseal.core.access.requests import Requests
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.text.quoted import quoted
from reseal.core.transit.requests_over import (
    HTTP,
    TLS,
    Half,
    Transport,
    anonymous,
    arriving,
    identified,
    is_about_transport,
    may_refuse,
    meets_transport,
    of_service,
    refuses_some,
    undenied,
)

_LONGEST_NAME = 80
_MOST_NAMED = 5
_MOST_TRIED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitVerdict:
    """What a bucket policy does with requests of all callers but AWS services, over HTTP and over TLS.

    `denies_http`: it certainly denies each request over plain HTTP. `spares_anonymous`: it denies each signed
    one, but perhaps not those without a signature. `statements` are those that deny plain HTTP together, or
    in part, by Sid or number. `denies_tls` are those that refuse TLS to every caller. `also_denies_services`:
    it denies AWS services too, whose transport S3 does not show.
    """

    denies_http: bool
    reason: str
    statements: tuple[str, ...] = ()
    spares_anonymous: bool = False
    denies_tls: tuple[str, ...] = ()
    also_denies_services: bool = False


@lru_cache(maxsize=64)
def verdict_of(policy: BucketPolicy, bucket_arn: str) -> TransitVerdict:
    """The verdict on the policy of one bucket. A policy that cannot be read denies nothing for certain.

    It is asked for when a bucket is read and again when the bucket is judged, by up to 32 threads of a sweep.
    """
    document = policy.document
    if document is None:
        why = (
            "the bucket policy cannot be read"
            if policy.is_malformed
            else "the bucket has no policy that denies plain HTTP requests"
        )
        return TransitVerdict(denies_http=False, reason=why)
    gaps = {half: _gaps(document, half, bucket_arn) for half in Half}
    if not any(gaps.values()):
        found = _covering(document, bucket_arn)
        reason = f"plain HTTP is denied to every caller by {in_words(found)}"
    else:
        found = tuple(named for named, statement in _named_denies(document) if is_partial(statement))
        reason = _why_not(gaps, found)
    return TransitVerdict(
        denies_http=not any(gaps.values()),
        reason=reason,
        statements=found,
        spares_anonymous=any(gaps.values()) and all(set(left) <= {_ANONYMOUS} for left in gaps.values()),
        denies_tls=_denying_tls(document, bucket_arn),
        also_denies_services=_refuses_service(document, ANY_SERVICE, bucket_arn),
    )


def refused_services(policy: BucketPolicy, bucket_arn: str, account: str) -> tuple[str, ...]:
    """The AWS services that the policy lets in and that one of its statements about transport may refuse."""
    document = policy.document or {}
    home = Home(account=account, partition=bucket_arn.split(":")[1])
    admitted = {one.name for one in grantees_of(document, home) if one.kind is Kind.SERVICE}
    return tuple(
        sorted(
            quoted(name, _LONGEST_NAME) for name in admitted if _refuses_service(document, name, bucket_arn)
        )
    )


def in_words(names: tuple[str, ...]) -> str:
    """The names of at most five statements, then the number of the others."""
    more = len(names) - _MOST_NAMED
    return " and ".join([*names[:_MOST_NAMED], *([f"{more} more"] if more > 0 else [])])


def named_statements(document: Mapping[str, Any]) -> Iterator[tuple[str, Statement]]:
    """Each statement with its Sid, or its number if it has none."""
    for number, statement in enumerate(listed(document.get("Statement")), start=1):
        sid = statement.get("Sid")
        yield (f"statement {quoted(str(sid), _LONGEST_NAME)}" if sid else f"statement {number}"), statement


_ANONYMOUS, _IDENTIFIED = "callers without a signature", "signed callers"


def _gaps(document: Mapping[str, Any], half: Half, bucket_arn: str) -> tuple[str, ...]:
    """The kinds of callers whose requests over plain HTTP are not all denied for certain."""
    signed = identified(HTTP, half, bucket_arn)
    found = [_IDENTIFIED] if any(undenied(document, requests) for requests in signed) else []
    return (
        *found,
        *([_ANONYMOUS] if undenied(document, anonymous(HTTP, half, bucket_arn)) else []),
    )


def _why_not(gaps: Mapping[Half, tuple[str, ...]], partial: tuple[str, ...]) -> str:
    what = " and ".join(half.value for half, callers in gaps.items() if callers)
    kinds = sorted({caller for callers in gaps.values() for caller in callers})
    gap = f"plain HTTP requests of {' and '.join(kinds)} to {what} may pass the bucket policy"
    return f"{gap}; {in_words(partial)} denies only a part of them" if partial else gap


def _covering(document: Mapping[str, Any], bucket_arn: str) -> tuple[str, ...]:
    """The first statement that denies all plain HTTP by itself, else those that do together.

    If they are few, none of them is too many.
    """
    kept = list(_named_denies(document))
    everything = [requests for half in Half for requests in _everyone(HTTP, half, bucket_arn)]

    def cover(some: list[tuple[str, Statement]]) -> bool:
        alone = {**document, "Statement": [statement for _, statement in some]}
        return not any(undenied(alone, requests) for requests in everything)

    for one in kept:
        if cover([one]):
            return (one[0],)
    for one in kept if len(kept) <= _MOST_TRIED else ():
        others = [other for other in kept if other is not one]
        kept = others if cover(others) else kept
    return tuple(named for named, _ in kept)


def _everyone(transport: Transport, half: Half, bucket_arn: str) -> tuple[Requests, ...]:
    return (*identified(transport, half, bucket_arn), anonymous(transport, half, bucket_arn))


def _named_denies(document: Mapping[str, Any]) -> Iterator[tuple[str, Statement]]:
    return ((named, one) for named, one in named_statements(document) if one.get("Effect") == "Deny")


def is_partial(statement: Statement) -> bool:
    """Whether a statement may refuse plain HTTP by its conditions on the transport, and not TLS."""
    may_refuse_http = meets_transport(statement, arriving(HTTP)) is not False
    return is_about_transport(statement) and may_refuse_http and not is_inverted(statement)


def is_inverted(statement: Statement) -> bool:
    """Whether a statement may refuse TLS by its conditions on the transport and let plain HTTP pass."""
    over_tls, over_http = (meets_transport(statement, arriving(one)) for one in (TLS, HTTP))
    return over_tls is not False and over_http is not True


def _denying_tls(document: Mapping[str, Any], bucket_arn: str) -> tuple[str, ...]:
    """The statements that refuse TLS to every caller.

    They refuse some of it by a condition on the transport, or all of it for half of the bucket.
    """
    denies = list(_named_denies(document))
    halves = [_everyone(TLS, half, bucket_arn) for half in Half]
    found = [
        named
        for named, one in denies
        if is_about_transport(one)
        and any(all(refuses_some(document, one, asked) for asked in everyone) for everyone in halves)
    ]
    if found or all(any(undenied(document, asked) for asked in everyone) for everyone in halves):
        return tuple(found)
    return tuple(named for named, _ in denies)


def _refuses_service(document: Mapping[str, Any], service: str, bucket_arn: str) -> bool:
    """Whether a statement about the transport may refuse the service, whose transport S3 does not show."""
    asked = [of_service(service, half, bucket_arn) for half in Half]
    return any(
        is_about_transport(one) and any(may_refuse(document, one, requests) for requests in asked)
        for one in statements(document, "Deny")
    )
