"""Step 3, decide: kinds of callers, which principals name them, and the condition keys they have.

Sources: IAM User Guide, "AWS JSON policy elements: Principal" and "AWS global condition context keys"
(the availability of each key).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from reseal.core.access.iam_policy import account_of_arn, texts
from reseal.core.access.logic import Settled, any_of
from reseal.core.access.patterns import Pattern, Style, exact
from reseal.core.access.ranges import ABSENT, UNKNOWN, Range, always

UNIQUE_ID = re.compile(r"A[A-Z0-9]{15,}")  # IAM shows this id for a deleted principal
_ROLE = re.compile(r"arn:[^:]+:iam::\d+:role/(?:.*/)?([^/]+)")
_SESSION = re.compile(r"arn:([^:]+):sts::(\d+):assumed-role/([^/]+)/[^/]+")
_PRINCIPAL = re.compile(r"arn:[^:]+:(?:iam|sts)::\d+:[^*?]+")
_OF_THE_CALLER = re.compile(r"(?:For\w+:)?aws:(?:principal.*|source(?:account|arn|org.*)|userid|username)")
_ACCOUNT_NUMBER = Pattern("?" * 12)

ANY_SERVICE = "*"
"""The name of a service that a policy does not name."""


class Kind(Enum):
    """The kind of a caller, which decides how IAM applies a policy to it."""

    ANYONE = auto()
    SIGNED = auto()
    ACCOUNT = auto()
    SERVICE = auto()
    ORIGIN_ACCESS_IDENTITY = auto()
    ACCESS_POINT = auto()
    UNKNOWN = auto()


_UNIDENTIFIED = (Kind.ORIGIN_ACCESS_IDENTITY, Kind.ACCESS_POINT, Kind.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Caller:
    """The callers that one principal element stands for.

    ANYONE has no signature, SIGNED is of any account. `name` is the principal as the policy writes it;
    a SERVICE named `*` is one that the policy does not name.
    An ACCOUNT caller is one principal, or all of the account's if `name` is no principal's ARN.
    `lacks_iam_policy` says that some have no IAM policy that allows the call.
    """

    kind: Kind
    name: str
    account: str | None = None
    lacks_iam_policy: bool = False

    @property
    def is_one(self) -> bool:
        """Whether it is one role, user or session."""
        return bool(_PRINCIPAL.fullmatch(self.name)) and not self.name.endswith(":root")


def named_in(principal: object, caller: Caller, *, denies: bool) -> Settled:
    """Whether a Principal element names all (True) or none (False) of the callers."""
    if principal == "*":
        principal = {"AWS": "*"}
    if not isinstance(principal, Mapping):
        return None
    return any_of(_named(kind, names, caller, denies=denies) for kind, names in principal.items())


def _named(kind: object, names: object, caller: Caller, *, denies: bool) -> Settled:
    listed = texts(names)
    if listed is None:
        return None
    if kind == "Service" and caller.kind is Kind.ORIGIN_ACCESS_IDENTITY:
        return False
    if caller.kind in _UNIDENTIFIED:
        return True if denies and kind == "AWS" and "*" in listed else None
    if kind == "AWS":
        return any_of(_named_by(name, caller, denies=denies) for name in listed)
    if kind == "Service":
        return _names_service(listed, caller)
    return False if caller.kind in (Kind.SERVICE, Kind.ANYONE) else None


def _names_service(listed: list[str], caller: Caller) -> Settled:
    if caller.kind is Kind.SERVICE and ANY_SERVICE in (caller.name, *listed):
        return None
    return caller.kind is Kind.SERVICE and caller.name in listed


def _named_by(name: str, caller: Caller, *, denies: bool) -> Settled:
    """`*` in a Deny statement covers services too; whether it does in an Allow statement is in doubt."""
    if name == "*":
        return True if denies or caller.kind is not Kind.SERVICE else None
    if UNIQUE_ID.fullmatch(name):
        return False
    account = account_of_arn(name)
    if account is None or "*" in name:
        return None
    if caller.kind is not Kind.ACCOUNT or account != caller.account:
        return None if caller.kind is Kind.SIGNED else False
    if name.isdecimal() or name.endswith(":root"):
        return denies or not caller.lacks_iam_policy
    return _is_named_one(name, caller.name) if caller.is_one else None


def _is_named_one(name: str, caller: str) -> Settled:
    """A role's ARN names its sessions too; a session's ARN names one session of the role."""
    if name == caller:
        return True
    if _role_of(name) is None or _role_of(name) != _role_of(caller):
        return False
    return None if _SESSION.fullmatch(name) else True


def _role_of(arn: str) -> str | None:
    if session := _SESSION.fullmatch(arn):
        return session[3]
    role = _ROLE.fullmatch(arn)
    return role[1] if role else None


def is_of_the_caller(key: str) -> bool:
    """Whether a condition key describes the caller. S3 then passes the same value to KMS."""
    return bool(_OF_THE_CALLER.fullmatch(key))


def is_of_services(key: str) -> bool:
    """Whether only the requests of a service have a condition key, or distinguishes them."""
    return key in ("aws:principalisawsservice", *_OF_SERVICES, *_OF_SOURCES)


def known_keys(caller: Caller, partition: str) -> dict[str, Range]:
    """The values of the keys that a request has by the kind of its caller."""
    return dict(_KEYS[caller.kind](caller, partition))


_Keys = Iterator[tuple[str, Range]]
_OF_SERVICES = ("aws:principalservicename", "aws:principalservicenameslist")
_OF_SOURCES = ("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths")


def _of_anyone(_caller: Caller, _partition: str) -> _Keys:
    yield "aws:principalaccount", always("anonymous")
    yield "aws:userid", Range(within=(exact("anonymous"),))
    yield "aws:principaltype", always("Anonymous")
    yield "aws:principalisawsservice", Range(within=(exact("false"),))  # IAM documents it for signed requests
    for key in ("arn", "orgid", "orgpaths", "servicename", "servicenameslist"):
        yield f"aws:principal{key}", ABSENT
    for key in ("aws:username", "aws:federatedprovider", "aws:multifactorauthpresent", *_OF_SOURCES):
        yield key, ABSENT


def _of_signed(_caller: Caller, _partition: str) -> _Keys:
    yield "aws:principalaccount", Range(present=True, within=(_ACCOUNT_NUMBER,))
    yield "aws:principalarn", Range(present=True)
    yield "aws:userid", Range(present=True, without=(exact("anonymous"),))
    yield "aws:principaltype", Range(present=True, without=(exact("Anonymous"),))
    yield "aws:principalisawsservice", always("false")
    for key in (*_OF_SERVICES, *_OF_SOURCES):
        yield key, ABSENT


def _of_account(caller: Caller, partition: str) -> _Keys:
    yield from _of_signed(caller, partition)
    yield "aws:principalaccount", always(caller.account or "")
    whole = Pattern(f"arn:{partition}:*::{caller.account}:*", Style.ARN)
    yield "aws:principalarn", Range(present=True, within=_arns(caller.name) if caller.is_one else (whole,))


def _arns(name: str) -> tuple[Pattern, ...]:
    """aws:PrincipalArn of a session is its role's ARN, whose path the session's ARN does not show."""
    session = _SESSION.fullmatch(name)
    if session is None:
        return (exact(name),)
    start = f"arn:{session[1]}:iam::{session[2]}:role/"
    return exact(start + session[3]), Pattern(f"{start}*/{session[3]}", Style.ARN)


def _of_service(caller: Caller, _partition: str) -> _Keys:
    yield "aws:principalaccount", Range(without=(_ACCOUNT_NUMBER,))
    yield "aws:principalisawsservice", always("true")
    is_named = caller.name != ANY_SERVICE
    yield "aws:principalservicename", always(caller.name) if is_named else Range(present=True)
    for key in ("aws:principalorgid", "aws:principalorgpaths", "aws:username"):
        yield key, ABSENT


def _of_unknown(_caller: Caller, _partition: str) -> _Keys:
    yield "aws:principalaccount", UNKNOWN


_KEYS: Mapping[Kind, Any] = {
    Kind.ANYONE: _of_anyone,
    Kind.SIGNED: _of_signed,
    Kind.ACCOUNT: _of_account,
    Kind.SERVICE: _of_service,
    Kind.ORIGIN_ACCESS_IDENTITY: _of_unknown,
    Kind.ACCESS_POINT: _of_unknown,
    Kind.UNKNOWN: _of_unknown,
}
