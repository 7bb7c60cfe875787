"""Step 3, decide: the requests to a bucket over plain HTTP and over TLS, and those that no Deny refuses.

Sources: Amazon S3 User Guide, "Bucket policy examples using condition keys" (S3 withholds
aws:SecureTransport, s3:TlsVersion and aws:SourceIp from requests of AWS services) and "Protecting data in
transit with encryption" (no TLS before 1.2); IAM User Guide, "AWS global condition context keys".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import Enum
from typing import Any

from reseal.core.access.callers import Caller, Kind
from reseal.core.access.evaluator import (
    RESOURCE,
    action_patterns,
    names_callers,
    resource_patterns,
    with_variables_of,
)
from reseal.core.access.iam_policy import Statement, conditions, statements
from reseal.core.access.logic import Settled, all_of, negated
from reseal.core.access.patterns import Pattern, exact
from reseal.core.access.ranges import ABSENT, Range, always
from reseal.core.access.requests import Requests

ACTION = "Action"
"""The action of a request, kept beside the condition keys like its resource."""

_SECURE, _VERSION = "aws:securetransport", "s3:tlsversion"
TRANSPORT_KEYS = frozenset({_SECURE, _VERSION})
_NO_TLS = Range(within=(exact("0"), exact("1.0"), exact("1.1")))
"""Whether plain HTTP has an s3:TlsVersion is UNCONFIRMED; it has none that TLS can have."""

_MEMBERS = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
_ONLY_OF_SERVICES = (
    "principalservicename",
    "principalservicenameslist",
    "sourceaccount",
    "sourcearn",
    "sourceorgid",
    "sourceorgpaths",
)
_MOST_PARTS = 64
_NAMES_S3 = re.compile(r"\*$|[a-z0-9-]+:", re.IGNORECASE)


_Element = tuple[list[Pattern], bool] | None
"""The patterns that an element names, and whether it names all others instead; None if malformed."""

Transport = Mapping[str, Range]
"""How requests arrive, as the values of the condition keys that show it."""

HTTP: Transport = {_SECURE: always("false"), _VERSION: _NO_TLS}
TLS: Transport = {_SECURE: always("true"), _VERSION: always("1.2", "1.3")}
_WITHHELD: Transport = {_SECURE: ABSENT, _VERSION: ABSENT, "aws:sourceip": ABSENT}


class Half(Enum):
    """What a request is about: the bucket itself, or one of its objects."""

    BUCKET = "the bucket itself"
    OBJECTS = "its objects"

    def range_in(self, bucket_arn: str) -> Range:
        """The ARNs of this half of a bucket."""
        pattern = exact(bucket_arn) if self is Half.BUCKET else Pattern(f"{bucket_arn}/?*")
        return Range(present=True, within=(pattern,))


def anonymous(transport: Transport, half: Half, bucket_arn: str) -> Requests:
    """All requests without a signature."""
    return _requests(Caller(Kind.ANYONE, "*"), transport, half, bucket_arn)


def identified(transport: Transport, half: Half, bucket_arn: str) -> tuple[Requests, ...]:
    """All signed requests but those of AWS services, in two sets.

    The second is of those that are no IAM principals: CloudFront's origin access identities.
    """
    none_of_services = {f"aws:{key}": ABSENT for key in _ONLY_OF_SERVICES}
    others = _requests(Caller(Kind.ORIGIN_ACCESS_IDENTITY, "*"), transport, half, bucket_arn)
    return (
        _requests(Caller(Kind.SIGNED, "*"), transport, half, bucket_arn),
        others.having({"aws:principalisawsservice": always("false"), **none_of_services}),
    )


def of_service(service: str, half: Half, bucket_arn: str) -> Requests:
    """All requests of one AWS service, or of any (`ANY_SERVICE`)."""
    return _requests(Caller(Kind.SERVICE, service), _WITHHELD, half, bucket_arn)


def _requests(caller: Caller, transport: Transport, half: Half, bucket_arn: str) -> Requests:
    known = {
        ACTION: Range(present=True, within=(Pattern("s3:*", fold=True),)),
        RESOURCE: half.range_in(bucket_arn),
        **transport,
    }
    return Requests.of(caller, bucket_arn.split(":")[1], **known)


def undenied(document: Mapping[str, Any], requests: Requests) -> list[Requests]:
    """The requests that no Deny certainly refuses, or more of them, in parts; none if it refuses all."""
    parts = [with_variables_of(document, requests)]
    for statement in statements(document, "Deny"):
        parts = [left for part in parts for left in left_by(statement, part)]
        if len(parts) > _MOST_PARTS:
            break
    return parts


def left_by(statement: Statement, requests: Requests) -> list[Requests]:
    """The requests that one Deny statement leaves, or more of them, in parts.

    If its principal certainly names the caller, what is left fails one of its other elements: a part for each
    that is in doubt. A statement with an element that IAM does not know refuses nothing for certain.
    """
    if statement.keys() - _MEMBERS or names_callers(statement, requests) is not True:
        return [requests]
    tests = list(_tests(statement, requests))
    if any(answer is False for answer, _ in tests):
        return [requests]
    return [left for answer, left in tests if answer is None and left is not None]


def may_refuse(document: Mapping[str, Any], deny: Statement, requests: Requests) -> bool:
    """Whether a Deny statement may refuse one of the requests."""
    asked = with_variables_of(document, requests)
    answers = (answer for answer, _ in _tests(deny, asked))
    return names_callers(deny, asked) is not False and all(answer is not False for answer in answers)


def refuses_some(document: Mapping[str, Any], deny: Statement, requests: Requests) -> bool:
    """Whether a Deny statement certainly refuses every such request for some action on some resource."""
    asked = with_variables_of(document, requests)
    named = ((ACTION, _actions(deny)), (RESOURCE, resource_patterns(deny, asked)))
    return (
        not deny.keys() - _MEMBERS
        and names_callers(deny, asked) is True
        and all(_names_some(name, element, asked) for name, element in named)
        and all(asked.meet(condition) is True for condition in conditions(deny))
    )


def _names_some(name: str, element: _Element, requests: Requests) -> bool:
    patterns, is_negated = element or ([], False)
    found = requests.range_of(name)
    if is_negated:
        return not any(one.loose for one in patterns) and found.reduced(patterns) is not None
    return found.narrowed([one for one in patterns if not one.loose]) is not None


def _tests(statement: Statement, requests: Requests) -> Iterator[tuple[Settled, Requests | None]]:
    """For each element: whether it holds for the requests, and those for which it does not."""
    yield _named(ACTION, _actions(statement), requests)
    yield _named(RESOURCE, resource_patterns(statement, requests), requests)
    for condition in conditions(statement):
        yield requests.meet(condition), requests.not_meeting(condition)


def _actions(statement: Statement) -> _Element:
    """IAM documents no wildcard in the name of the service, but for `*` alone."""
    element = action_patterns(statement)
    if element is None:
        return None
    patterns, is_negated = element
    return [replace(one, loose=not _NAMES_S3.match(one.text)) for one in patterns], is_negated


def _named(name: str, element: _Element, requests: Requests) -> tuple[Settled, Requests | None]:
    if element is None:
        return None, requests
    patterns, is_negated = element
    found = requests.range_of(name)
    named = found.lies_in(patterns)
    left = found.narrowed(patterns) if is_negated else found.reduced(patterns)
    rest = None if left is None else requests.having({name: left})
    return (negated(named) if is_negated else named), rest


def arriving(transport: Transport) -> Requests:
    """A request of anybody, of which only the transport matters."""
    return Requests(caller=Caller(Kind.ANYONE, "*"), ranges=transport)


def meets_transport(statement: Statement, requests: Requests) -> Settled:
    """Whether a statement's conditions on the transport hold for the requests; True if it has none."""
    return all_of(
        requests.meet((operator, key, values))
        for operator, key, values in conditions(statement)
        if key in TRANSPORT_KEYS
    )


def is_about_transport(statement: Statement) -> bool:
    """Whether a statement has a condition on the transport."""
    return any(key in TRANSPORT_KEYS for _, key, _ in conditions(statement))
