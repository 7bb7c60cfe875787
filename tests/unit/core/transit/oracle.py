"""An independent judge: asks a bucket policy about single requests, one by one.

It shares no code with the evaluator. A request is a caller, an action, a resource and plain values of keys.
Where AWS does not document an answer, the judge knows several worlds; in each, a request has one answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from ipaddress import ip_address, ip_network
from itertools import product
from typing import Any

OWN, PARTNER = "111122223333", "444455556666"
BUCKET = "arn:aws:s3:::example-bucket"
RESOURCES = (
    BUCKET,
    f"{BUCKET}/a",
    f"{BUCKET}/public/a",
    f"{BUCKET}/logs/2026/x.txt",
    f"{BUCKET}/Z z",
    f"{BUCKET}/-",
)
ACTIONS = (
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:ListBucket",
    "s3:GetBucketPolicy",
    "s3:PutBucketPolicy",
    "s3:AbortMultipartUpload",
    "s3:GetObjectTagging",
    "s3:ReplicateObject",
    "s3:AnActionOfNextYear",
)
NETWORKS = (
    {"aws:sourceip": "203.0.113.7"},
    {"aws:sourceip": "2001:db8::7"},
    {"aws:sourcevpce": "vpce-1", "aws:sourcevpc": "vpc-1"},
    {"aws:sourcevpce": "vpce-2", "aws:sourcevpc": "vpc-2"},
)
Context = dict[str, str]


@dataclass(frozen=True)
class Caller:
    name: str
    names: tuple[str, ...]
    context: tuple[tuple[str, str], ...]


def _signed(name: str, account: str, *more: tuple[str, str], kind: str = "AssumedRole") -> Caller:
    arn = f"arn:aws:iam::{account}:{name}"
    session = f"arn:aws:sts::{account}:assumed-role/{name.rpartition('/')[2]}/s"
    names = (account, f"arn:aws:iam::{account}:root", arn, *([session] if name.startswith("role") else []))
    context = {
        "aws:principalaccount": account,
        "aws:principalarn": arn,
        "aws:principaltype": kind,
        "aws:userid": f"AROAEXAMPLEEXAMPLE{account[0]}:s",
        "aws:principalisawsservice": "false",
        "aws:viaawsservice": "false",
    }
    return Caller(arn, names, (*context.items(), *more))


CALLERS = (
    Caller(
        "anonymous",
        (),
        (
            ("aws:principalaccount", "anonymous"),
            ("aws:principaltype", "Anonymous"),
            ("aws:userid", "anonymous"),
            ("aws:viaawsservice", "false"),
        ),
    ),
    _signed("root", OWN, kind="Account"),
    _signed("role/backup", OWN, ("aws:principalorgid", "o-1"), ("aws:principaltag/team", "x")),
    _signed("user/ann", OWN, ("aws:principalorgid", "o-1"), ("aws:username", "ann"), kind="User"),
    _signed("role/etl", PARTNER, ("aws:principalorgid", "o-2")),
    _signed("role/ops/etl", PARTNER),
    Caller(
        "origin access identity",
        ("arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1",),
        (("aws:principalisawsservice", "false"),),
    ),
)
WORLDS = tuple(
    {"tls": version, "typed": typed} for version, typed in product(("", "0", "1.1"), (True, False))
)
"""Over plain HTTP: the s3:TlsVersion, and whether other operators than Bool compare a Boolean key's text."""


def undenied_over_http(policy: dict[str, Any]) -> Iterator[str]:
    """The plain HTTP requests that no statement denies in one of the worlds."""
    denials = _denials(policy)
    for world, caller, network in product(WORLDS, CALLERS, NETWORKS):
        version = {"s3:tlsversion": world["tls"]} if world["tls"] else {}
        context = {**dict(caller.context), **network, "aws:securetransport": "false", **version}
        denied = _denied(policy, denials, caller, context, typed=bool(world["typed"]))
        yield from (f"{caller.name} {action} {on} {network} {world}" for action, on in _ASKED - denied)


def refused_to_all_over_tls(policy: dict[str, Any]) -> Iterator[str]:
    """The requests over TLS that every caller is refused, whichever the version of TLS."""
    denials = _denials(policy)
    for network in NETWORKS:
        refused = _ASKED
        for caller, version in product(CALLERS, ("1.2", "1.3")):
            tls = {**network, "aws:securetransport": "true", "s3:tlsversion": version}
            refused &= _denied(policy, denials, caller, {**dict(caller.context), **tls}, typed=True)
        yield from (f"{action} {on} {network}" for action, on in refused)


Asked = frozenset[tuple[str, str]]
"""Actions with their resources."""

_ASKED: Asked = frozenset(product(ACTIONS, RESOURCES))


def _denials(policy: dict[str, Any]) -> list[tuple[dict[str, Any], Asked]]:
    """Each Deny with what it is about."""
    found = policy.get("Statement", [])
    return [
        (one, frozenset(asked for asked in _ASKED if _about(one, *asked)))
        for one in (found if isinstance(found, list) else [found])
        if one.get("Effect") == "Deny"
    ]


def _denied(
    policy: dict[str, Any],
    denials: list[tuple[dict[str, Any], Asked]],
    caller: Caller,
    context: Context,
    *,
    typed: bool,
) -> Asked:
    """What the policy denies to a caller whose requests have these values."""
    variables = policy.get("Version") == "2012-10-17"
    holding = (
        about
        for one, about in denials
        if _of_caller(one, caller)
        and all(
            _holds(operator, key.lower(), _many(values), context, typed=typed, variables=variables)
            for operator, keys in one.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )
    return frozenset().union(*holding)


def _about(statement: dict[str, Any], action: str, resource: str) -> bool:
    if "Future" in statement:  # what it means is not known: here it makes the statement void
        return False
    for element, like in (("Action", _like_action), ("Resource", _like_resource)):
        asked = action if element == "Action" else resource
        if element in statement and not any(like(one, asked) for one in _many(statement[element])):
            return False
        if f"Not{element}" in statement and any(
            like(one, asked) for one in _many(statement[f"Not{element}"])
        ):
            return False
    return True


def _of_caller(statement: dict[str, Any], caller: Caller) -> bool:
    if "NotPrincipal" in statement:
        return not _names(statement["NotPrincipal"], caller)
    return _names(statement.get("Principal"), caller)


def _names(principal: Any, caller: Caller) -> bool:
    if principal == "*":
        return True
    listed = _many(principal.get("AWS", [])) if isinstance(principal, dict) else []
    return "*" in listed or any(name in listed for name in caller.names)


def _like_action(pattern: str, action: str) -> bool:
    return pattern == "*" or (pattern.lower().startswith("s3:") and _like(pattern.lower(), action.lower()))


def _like_resource(pattern: str, resource: str) -> bool:
    ours, theirs = pattern.split(":", 5), resource.split(":", 5)
    if pattern == "*":
        return True
    return len(ours) == 6 and ours[2] == theirs[2] and all(map(_like, ours, theirs))


@cache
def _like(pattern: str, text: str) -> bool:
    rest = "".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in pattern)
    return re.fullmatch(rest, text, re.DOTALL) is not None


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


_BOOLEAN = ("aws:securetransport", "aws:principalisawsservice", "aws:viaawsservice")


def _holds(
    operator: str, key: str, values: list[Any], context: Context, *, typed: bool, variables: bool
) -> bool:
    value = context.get(key)
    wanted = [str(one).lower() if isinstance(one, bool) else str(one) for one in values]
    quantifier, _, name = operator.rpartition(":")
    base = name.removesuffix("IfExists")
    if base == "Null":
        return any((value is None) == (one == "true") for one in wanted)
    if value is None:
        if quantifier:
            return quantifier == "ForAllValues" or (name != base and typed)
        return "Not" in base or name != base
    if typed and key in _BOOLEAN and base != "Bool":
        return False
    if variables and base.startswith(("String", "Arn")):
        wanted = [
            re.sub(r"\$\{([^}]*)\}", lambda at: context.get(at[1].lower(), "\0"), one) for one in wanted
        ]
    return any(_matches(base.replace("Not", ""), one, value) for one in wanted) is not ("Not" in base)


def _matches(test: str, wanted: str, value: str) -> bool:
    if test in ("StringEquals", "StringEqualsIgnoreCase", "Bool"):
        return wanted == value or (test != "StringEquals" and wanted.lower() == value.lower())
    if test == "StringLike":
        return _like(wanted, value)
    if test.startswith("Arn"):
        ours, theirs = wanted.split(":", 5), value.split(":", 5)
        return len(ours) == len(theirs) == 6 and all(map(_like, ours, theirs))
    if test == "IpAddress":
        return ip_address(value) in ip_network(wanted)
    try:
        return _compared(test, value, wanted)
    except ValueError:
        return False


def _compared(test: str, value: str, wanted: str) -> bool:
    read = float if test.startswith("Numeric") else lambda text: datetime.fromisoformat(text).timestamp()
    ours, theirs = read(value), read(wanted)
    return {
        "Equals": ours == theirs,
        "LessThan": ours < theirs,
        "LessThanEquals": ours <= theirs,
        "GreaterThan": ours > theirs,
        "GreaterThanEquals": ours >= theirs,
    }[test.removeprefix("Numeric").removeprefix("Date")]
