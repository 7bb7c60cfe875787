"""Statements with NotPrincipal in resource policies, which MiniStack never applies.

A Deny spares a caller only if it names everything that the caller is: a user and the account, or a session,
its role and the account (IAM User Guide, NotPrincipal). An Allow leaves out a caller if it names any of that.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from localcloud.request import anchors

_ARN = re.compile(
    r"(?P<partition>arn:aws[\w-]*):(?:iam|sts)::(?P<account>\d{12}):(?P<kind>[\w-]+)(?:/(?P<name>.+))?"
)


def install() -> None:
    """Wrap MiniStack's evaluation of a resource's own policy."""
    anchors.replace("core.iam_evaluator.evaluate_resource_policy", _evaluate)


def _evaluate(original: Callable[..., Any], policy: Any, context: Any, *arguments: Any, **named: Any) -> Any:
    if "NotPrincipal" not in str(policy):
        return original(policy, context, *arguments, **named)
    document = json.loads(policy) if isinstance(policy, str) else policy
    statements = document.get("Statement", [])
    listed = statements if isinstance(statements, list) else [statements]
    written = [_for(statement, context.principal_arn) for statement in listed]
    return original({**document, "Statement": written}, context, *arguments, **named)


def _for(statement: dict[str, Any], caller: str) -> dict[str, Any]:
    """The statement as one about everybody if it applies to the caller. Else it stays, and never matches."""
    if "NotPrincipal" not in statement:
        return statement
    excepted = statement["NotPrincipal"]
    values = excepted.get("AWS", []) if isinstance(excepted, dict) else excepted
    names = {values} if isinstance(values, str) else set(values)
    found = [any(re.fullmatch(one, name) for name in names) for one in _identities(caller)]
    left_out = all(found) and bool(found) if statement.get("Effect") == "Deny" else any(found)
    if left_out or "*" in names:
        return statement
    kept = {name: value for name, value in statement.items() if name != "NotPrincipal"}
    return kept | {"Principal": "*"}


def _identities(caller: str) -> list[str]:
    """A pattern for each name of the caller; none for an anonymous one."""
    match = _ARN.fullmatch(caller)
    if match is None:
        return []
    root = f"{re.escape(match['partition'])}:iam::{match['account']}:root|{match['account']}"
    if match["kind"] == "assumed-role":
        role = re.escape(match["name"].partition("/")[0])
        iam_role = f"{re.escape(match['partition'])}:iam::{match['account']}:role/(?:.+/)?{role}"
        return [root, iam_role, re.escape(caller)]
    return [root] if match["kind"] == "root" else [root, re.escape(caller)]
