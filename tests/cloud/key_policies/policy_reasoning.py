"""What a key policy allows a service. It is derived, because the local cloud cannot act as a service."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

from tests.cloud.key_policies.statements import USE
from tests.support.translated import actions, as_list

REGION = "us-east-1"


def allowed_by_policy(document: dict[str, Any], service: str, source: str) -> set[str]:
    """The calls with a key that its policy allows a service on behalf of a resource of this account."""
    calls = {"S3 write": "GenerateDataKey", "S3 read": "Decrypt"}
    allowed = {
        what
        for what, action in calls.items()
        if _admits(document, service, f"kms:{action}", _context(source, "s3"))
    }
    through_sns = _context(source, "sns")
    if all(_admits(document, service, action, through_sns) for action in USE):
        allowed.add("SNS publish")
    return allowed


def _context(source: str, through: str) -> dict[str, str]:
    """The condition keys of a service's call: the resource's account and ARN, and no calling account."""
    return {
        "aws:sourceaccount": source.split(":")[4],
        "aws:sourcearn": source,
        "kms:viaservice": f"{through}.{REGION}.amazonaws.com",
    }


def _admits(document: dict[str, Any], service: str, action: str, context: dict[str, str]) -> bool:
    """Whether a statement allows it and none denies it; `*` includes services."""
    effects = {
        statement["Effect"]
        for statement in document["Statement"]
        if _names(statement["Principal"], service)
        and any(fnmatchcase(action, pattern) for pattern in actions(statement))
        and _holds(statement.get("Condition", {}), context)
    }
    return effects == {"Allow"}


def _names(principal: Any, service: str) -> bool:
    named = principal if isinstance(principal, dict) else {"AWS": principal}
    return service in as_list(named.get("Service", [])) or "*" in as_list(named.get("AWS", []))


def _holds(condition: dict[str, Any], context: dict[str, str]) -> bool:
    return all(
        _compares(operator, context.get(key.lower()), as_list(values))
        for operator, block in condition.items()
        for key, values in block.items()
    )


def _compares(operator: str, found: str | None, values: Iterable[str]) -> bool:
    """An absent value meets none of these."""
    match operator:
        case "StringEquals" | "ArnEquals":
            return found in values
        case "StringLike" | "ArnLike":
            return found is not None and any(fnmatchcase(found, value) for value in values)
    raise NotImplementedError(operator)
