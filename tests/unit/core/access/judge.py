"""An independent judge: tries single requests, one by one, against a bucket policy and a key policy.

It shares no code with the evaluator. A request is a principal and a context of plain values, so that each
question has a plain answer; what the evaluator says of all requests must hold for each that is tried here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

OWN, PARTNER, THIRD = "111122223333", "444455556666", "777788889999"
BUCKET = "arn:aws:s3:::payroll"
KEY = f"arn:aws:kms:us-east-1:{OWN}:key/1"
SERVICES = ("delivery.logs.amazonaws.com", "config.amazonaws.com", "cloudfront.amazonaws.com")
SOURCES = tuple(
    (account, f"arn:aws:{service}:{account}:{rest}")
    for account in (OWN, PARTNER, THIRD)
    for service, rest in (
        ("logs:us-east-1", "x"),
        ("cloudfront:", "distribution/E1"),
        ("config:eu-west-1", "y"),
    )
)
ABOUT_SERVICES = (
    "aws:principalisawsservice",
    "aws:principalservicename",
    "aws:sourceaccount",
    "aws:sourcearn",
)
Context = dict[str, str]


@dataclass(frozen=True)
class Caller:
    kind: str
    arn: str = ""
    account: str = ""
    role: str = ""
    context: tuple[tuple[str, str], ...] = ()


@cache
def callers() -> tuple[Caller, ...]:
    return tuple(each_caller())


def each_caller() -> Iterator[Caller]:
    yield Caller(
        "anonymous", context=(("aws:principalaccount", "anonymous"), ("aws:principalisawsservice", "false"))
    )
    for account, org in product((OWN, PARTNER, THIRD), ("", "o-1", "o-2")):
        for resource in ("root", "role/etl", "role/ops/other", "user/ann"):
            arn = f"arn:aws:iam::{account}:{resource}"
            context = {
                "aws:principalaccount": account,
                "aws:principalarn": arn,
                "aws:principalisawsservice": "false",
            }
            context |= {"aws:principalorgid": org} if org else {}
            session = f"arn:aws:sts::{account}:assumed-role/{resource.split('/')[-1]}/s"
            caller_arn = session if resource.startswith("role") else arn
            yield Caller("account", caller_arn, account, arn, tuple(context.items()))
    for service, (account, arn) in product(SERVICES, (*SOURCES, ("", ""))):
        context = {"aws:principalisawsservice": "true", "aws:principalservicename": service}
        context |= {"aws:sourceaccount": account, "aws:sourcearn": arn} if account else {}
        yield Caller("service", service, context=tuple(context.items()))


def refused(bucket_policy: dict[str, Any], key_policy: dict[str, Any]) -> list[str]:
    """The requests that the bucket policy allows and that the key policy would refuse."""
    found = []
    for caller in callers():
        for action, name, network in product(
            ("s3:GetObject", "s3:PutObject"), ("a", "logs/b"), ("", "vpce-1")
        ):
            base = {**dict(caller.context), "aws:resourceaccount": OWN, "aws:securetransport": "true"}
            request = base | ({"aws:sourcevpce": network} if network else {})
            if allows(bucket_policy, caller, action, f"{BUCKET}/{name}", request) and not served(
                key_policy, caller, action, name, base
            ):
                found.append(f"{caller.arn or caller.kind} {action} {name} {dict(caller.context)}")
    return found


def served(key_policy: dict[str, Any], caller: Caller, action: str, name: str, context: Context) -> bool:
    if caller.kind == "anonymous":
        return False
    used = context | {"kms:viaservice": "s3.us-east-1.amazonaws.com"}
    if caller.account:
        used |= {"kms:calleraccount": caller.account, "aws:viaawsservice": "true"}
    for needed, about in product(needs(caller, action), (BUCKET, f"{BUCKET}/{name}")):
        if not allows(key_policy, caller, needed, KEY, used | {"kms:encryptioncontext:aws:s3:arn": about}):
            return False
    return True


def needs(caller: Caller, action: str) -> tuple[str, ...]:
    if action == "s3:GetObject":
        return ("kms:Decrypt",)
    decrypts = caller.kind == "account" or not caller.arn.startswith("cloudfront")
    return ("kms:GenerateDataKey", "kms:Decrypt") if decrypts else ("kms:GenerateDataKey",)


def allows(policy: dict[str, Any], caller: Caller, action: str, resource: str, context: Context) -> bool:
    denies = [one for one in policy["Statement"] if one["Effect"] == "Deny" and names_action(one, action)]
    effects = {
        statement["Effect"]
        for statement in policy["Statement"]
        if applies(
            statement,
            caller,
            action,
            resource,
            context,
            includes_services=is_for_services([statement, *denies]),
        )
    }
    return effects == {"Allow"}


def is_for_services(statements: list[dict[str, Any]]) -> bool:
    """Whether a condition is about services: a `*` that allows then includes them in a bucket's policy."""
    named = {key.lower() for one in statements for keys in one.get("Condition", {}).values() for key in keys}
    return bool(named & set(ABOUT_SERVICES))


def names_action(statement: dict[str, Any], action: str) -> bool:
    if "Action" in statement and not any(like(one, action, fold=True) for one in many(statement["Action"])):
        return False
    return "NotAction" not in statement or not any(
        like(one, action, fold=True) for one in many(statement["NotAction"])
    )


def applies(
    statement: dict[str, Any],
    caller: Caller,
    action: str,
    resource: str,
    context: Context,
    *,
    includes_services: bool,
) -> bool:
    if not names_action(statement, action):
        return False
    if "Resource" in statement and not any(like(one, resource) for one in many(statement["Resource"])):
        return False
    if "NotResource" in statement and any(like(one, resource) for one in many(statement["NotResource"])):
        return False
    in_star = statement["Effect"] == "Deny" or (includes_services and action.startswith("s3:"))
    if not names(statement["Principal"], caller, includes_services=in_star):
        return False
    return all(
        holds(operator, many(values), context.get(key.lower()), context)
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    )


def names(principal: Any, caller: Caller, *, includes_services: bool) -> bool:
    if principal == "*":
        return caller.kind != "service" or includes_services
    if "Service" in principal:
        return caller.kind == "service" and caller.arn in many(principal["Service"])
    for name in many(principal["AWS"]):
        if name == "*" and names("*", caller, includes_services=includes_services):
            return True
        if caller.account and name in (
            caller.account,
            f"arn:aws:iam::{caller.account}:root",
            caller.arn,
            caller.role,
        ):
            return True
    return False


def holds(operator: str, wanted: list[Any], value: str | None, context: Context) -> bool:
    texts = [variables(str(one).lower() if isinstance(one, bool) else str(one), context) for one in wanted]
    if operator == "Null":
        return any((value is None) == (text == "true") for text in texts)
    if_exists = operator.endswith("IfExists")
    base = operator.removesuffix("IfExists")
    negated = "Not" in base
    if value is None:
        return negated or if_exists
    test = base.replace("Not", "")
    return any(matches(test, text, value) for text in texts) is not negated


def matches(test: str, text: str, value: str) -> bool:
    if test == "StringEquals":
        return text == value
    if test in ("StringEqualsIgnoreCase", "Bool"):
        return text.lower() == value.lower()
    if test == "StringLike":
        return like(text, value)
    ours, theirs = text.split(":", 5), value.split(":", 5)
    return len(ours) == len(theirs) == 6 and all(
        like(our, their) for our, their in zip(ours, theirs, strict=True)
    )


def variables(text: str, context: Context) -> str:
    return re.sub(r"\$\{([^}]*)\}", lambda found: context.get(found[1].lower(), "\0"), text)


def like(pattern: str, text: str, *, fold: bool = False) -> bool:
    return expression(pattern, fold=fold).fullmatch(text) is not None


@cache
def expression(pattern: str, *, fold: bool) -> re.Pattern[str]:
    rest = "".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in pattern)
    return re.compile(rest, re.IGNORECASE | re.DOTALL if fold else re.DOTALL)


def many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
