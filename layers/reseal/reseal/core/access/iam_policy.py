"""Step 3, decide: read IAM policy documents.

Source: IAM User Guide, "IAM JSON policy elements" (Version, Statement, Principal, Condition).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Statement = Mapping[str, Any]
_KNOWS_VARIABLES = "2012-10-17"


def statements(document: Mapping[str, Any], effect: str) -> Iterator[Statement]:
    """The statements with `effect`; a single statement need not be in a list."""
    for statement in listed(document.get("Statement")):
        if isinstance(statement, Mapping) and statement.get("Effect") == effect:
            yield statement


def merged(documents: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """One document with the statements of all, all of which apply.

    If the versions differ, `${...}` counts as a variable in each; an older document's is then in doubt.
    """
    if len(documents) == 1:
        return documents[0]
    version = max(str(document.get("Version", "")) for document in documents)
    found = [one for document in documents for one in listed(document.get("Statement"))]
    return {"Version": version, "Statement": found}


def may_be_public(document: Mapping[str, Any]) -> bool:
    """Whether S3 could call a bucket policy public.

    It does not if every Allow names accounts, their principals or services (S3 User Guide, "The meaning of
    public").
    """
    return any(_may_name_everybody(statement.get("Principal")) for statement in statements(document, "Allow"))


def _may_name_everybody(principal: object) -> bool:
    if not isinstance(principal, Mapping):
        return True
    return any(
        kind not in ("AWS", "Service") or any("*" in name for name in texts(names) or ["*"])
        for kind, names in principal.items()
    )


def listed(value: object) -> list[Any]:
    """The value as a list: IAM allows a single element instead of a list of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def texts(value: object) -> list[str] | None:
    """The value as texts; None if it is absent or malformed. JSON booleans and numbers are texts too."""
    found = listed(value)
    if not found or not all(isinstance(one, str | bool | int | float) for one in found):
        return None
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in found]


def conditions(statement: Statement) -> Iterator[tuple[str, str, list[str] | None]]:
    """Every condition as (operator, key in lower case, values); values are None if malformed."""
    operators = statement.get("Condition", {})
    if not isinstance(operators, Mapping):
        yield "", "", None
        return
    for operator, keys in operators.items():
        for key, values in keys.items() if isinstance(keys, Mapping) else (("", None),):
            yield str(operator), str(key).lower(), texts(values)


def has_variables(document: Mapping[str, Any]) -> bool:
    """Whether `${...}` in values is a policy variable; in older versions it is plain text."""
    return document.get("Version") == _KNOWS_VARIABLES


def account_of_arn(arn: str) -> str | None:
    """The account in an ARN, or the text itself if it is an account id; None if there is no account."""
    if arn.isdecimal():
        return arn
    parts = arn.split(":", 5)
    return parts[4] if len(parts) > 4 and parts[4].isdecimal() else None  # noqa: PLR2004  # arn:p:s:r:ACCOUNT
