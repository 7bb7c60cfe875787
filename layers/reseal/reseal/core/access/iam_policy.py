"""Step 3, decide: read IAM policy documents, as far as the access guard needs.

Source: IAM User Guide, "IAM JSON policy elements" (Principal, NotAction, wildcards, Condition).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

Statement = Mapping[str, Any]
SAYS_EQUAL = frozenset({"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike"})
"""Condition operators that require one of the listed values."""


def statements(document: Mapping[str, Any], effect: str) -> Iterator[Statement]:
    """The statements with `effect`; a single statement need not be in a list."""
    for statement in listed(document.get("Statement")):
        if isinstance(statement, Mapping) and statement.get("Effect") == effect:
            yield statement


def listed(value: object) -> list[Any]:
    """The value as a list: IAM allows a single element instead of a list of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def names_action(statement: Statement, action: str) -> bool:
    """Whether the statement covers `action`; case is ignored, `*` and `?` are wildcards."""
    if "NotAction" in statement:
        return not _any_matches(statement["NotAction"], action)
    return _any_matches(statement.get("Action"), action)


def _any_matches(patterns: object, action: str) -> bool:
    return any(fits(str(pattern).lower(), action.lower()) for pattern in listed(patterns))


def fits(pattern: str, text: str) -> bool:
    """Whether `text` matches an IAM pattern, in which only `*` and `?` are wildcards."""
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def conditions(statement: Statement) -> Iterator[tuple[str, str, list[str]]]:
    """Every condition as (operator, key in lower case, values)."""
    operators = statement.get("Condition")
    for operator, keys in operators.items() if isinstance(operators, Mapping) else ():
        for key, values in keys.items() if isinstance(keys, Mapping) else ():
            yield str(operator), str(key).lower(), [str(value) for value in listed(values)]


def account_of_arn(arn: str) -> str | None:
    """The account in an ARN, or the text itself if it is an account id; None if there is no account."""
    if arn.isdecimal():
        return arn
    parts = arn.split(":", 5)
    return parts[4] if len(parts) > 4 and parts[4].isdecimal() else None  # noqa: PLR2004  # arn:p:s:r:ACCOUNT
