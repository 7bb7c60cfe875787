"""Step 3, decide: the principals that a bucket policy allows to read or write objects."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from reseal.core.access.iam_policy import (
    SAYS_EQUAL,
    Statement,
    account_of_arn,
    conditions,
    listed,
    names_action,
    statements,
)

READS = ("s3:GetObject", "s3:GetObjectVersion")
WRITES = ("s3:PutObject", "s3:ReplicateObject")
_ORIGIN_ACCESS_IDENTITY = ":iam::cloudfront:user/"
_UNIQUE_ID = re.compile(r"A[A-Z0-9]{15,}")  # IAM shows this id for a deleted principal
_ORGANISATION = frozenset({"aws:principalorgid", "aws:principalorgpaths"})


class Kind(Enum):
    """The kind of a grantee, which decides how a KMS key policy applies to it."""

    ANYONE = auto()
    ACCOUNT = auto()
    SERVICE = auto()
    ORIGIN_ACCESS_IDENTITY = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grantee:
    """A principal that a bucket policy allows to access objects: `name` as the policy writes it.

    `source_arns` are the resources that a service must act for, if the policy requires any.
    `conditional` says that the statement has at least one condition.
    """

    kind: Kind
    name: str
    reads: bool
    writes: bool
    account: str | None = None
    source_arns: tuple[str, ...] = ()
    conditional: bool = False


def grantees_of(bucket_policy: Mapping[str, Any]) -> Iterator[Grantee]:
    """Every principal that an Allow statement admits to object reads or writes.

    Deny statements are ignored. So a denied principal may be named without need, but no admitted
    principal is missed.
    """
    for statement in statements(bucket_policy, "Allow"):
        reads = any(names_action(statement, action) for action in READS)
        writes = any(names_action(statement, action) for action in WRITES)
        if (reads or writes) and _covers_objects(statement):
            for kind, name, account in _principals(statement):
                yield Grantee(
                    kind=kind,
                    name=name,
                    reads=reads,
                    writes=writes,
                    account=account,
                    source_arns=_source_arns(statement),
                    conditional=any(True for _ in conditions(statement)),
                )


def writers_of_other_accounts(bucket_policy: Mapping[str, Any], own_account: str) -> list[str]:
    """The other accounts whose callers the policy allows to write objects."""
    writers = (grantee.account for grantee in grantees_of(bucket_policy) if grantee.writes)
    return sorted({account for account in writers if account not in (None, own_account)})


def _source_arns(statement: Statement) -> tuple[str, ...]:
    demanded = (values for _, key, values in conditions(statement) if key == "aws:sourcearn")
    return tuple(arn for values in demanded for arn in values)


def _covers_objects(statement: Statement) -> bool:
    """An object's ARN contains a slash; a wildcard can match it too (S3 User Guide, resources)."""
    resources = [str(resource) for resource in listed(statement.get("Resource"))]
    return "NotResource" in statement or any("/" in resource or "*" in resource for resource in resources)


def _principals(statement: Statement) -> Iterator[tuple[Kind, str, str | None]]:
    principal = statement.get("Principal")
    if "NotPrincipal" in statement or principal == "*":
        principal = {"AWS": "*"}
    for kind, names in principal.items() if isinstance(principal, Mapping) else ():
        for name in listed(names):
            yield from _principal(str(kind), str(name), statement)


def _principal(kind: str, name: str, statement: Statement) -> Iterator[tuple[Kind, str, str | None]]:
    if kind == "Service":
        yield Kind.SERVICE, name, None
    elif kind != "AWS":
        yield Kind.UNKNOWN, name, None
    elif name == "*":
        yield from _anyone(statement)
    elif _ORIGIN_ACCESS_IDENTITY in name:
        yield Kind.ORIGIN_ACCESS_IDENTITY, name, None
    elif account := account_of_arn(name):
        yield Kind.ACCOUNT, name, account
    elif not _UNIQUE_ID.fullmatch(name):
        yield Kind.UNKNOWN, name, None


def _anyone(statement: Statement) -> Iterator[tuple[Kind, str, str | None]]:
    """`*` means everyone, signed or not, unless a condition requires callers of known accounts."""
    accounts = [accounts for accounts in map(_required_accounts, conditions(statement)) if accounts]
    organisation = [values for _, key, values in conditions(statement) if key in _ORGANISATION]
    if organisation and not accounts:
        yield Kind.UNKNOWN, f"* of {', '.join(organisation[0])}", None
    elif not accounts:
        yield Kind.ANYONE, "*", None
    else:
        for account in sorted(set.intersection(*accounts)):
            yield Kind.ACCOUNT, account, account


def _required_accounts(condition: tuple[str, str, list[str]]) -> set[str]:
    """The accounts to which a condition limits callers; empty if it does not limit them by account."""
    operator, key, values = condition
    if operator not in SAYS_EQUAL:
        return set()
    if key == "aws:principalaccount":
        return set() if any("*" in value for value in values) else set(values)
    if key == "aws:principalarn":
        accounts = {account_of_arn(value) for value in values}
        return set() if None in accounts else {account for account in accounts if account}
    return set()
