"""Step 3, decide: what IAM policy statements say about a set of requests, and why.

Source: IAM User Guide, "Policy evaluation logic" (an explicit Deny wins, nothing is allowed by default)
and "IAM JSON policy elements" (Principal, Action, Resource and their Not forms).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reseal.core.access.callers import Kind, named_in
from reseal.core.access.iam_policy import Statement, conditions, has_variables, listed, texts
from reseal.core.access.logic import Settled, all_of, any_of, negated
from reseal.core.access.patterns import ANYTHING, Pattern, Style, covers, exact
from reseal.core.access.requests import Requests

RESOURCE = "Resource"
"""The resource of a request, kept beside the condition keys. Those are in lower case: none has this name."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a policy allows all (True) or none (False) of the requests, and why."""

    holds: Settled
    reason: str


def answer_of(document: Mapping[str, Any], requests: Requests, action: str) -> Answer:
    """What a resource policy says. An Allow must hold for all requests; a Deny counts if it may hit one."""
    found = list(_applying(document, requests, action))
    for effect, applies, named in found:
        if effect == "Deny" and applies:
            return Answer(holds=False, reason=f"{named} denies {action}")
    allowed = any_of(applies for effect, applies, _ in found if effect == "Allow")
    if allowed is False:
        return Answer(holds=False, reason=f"no statement allows {action}")
    doubtful = [named for effect, applies, named in found if effect != "Allow" and applies is None]
    if doubtful:
        return Answer(holds=None, reason=f"{doubtful[0]} may deny {action}")
    if allowed is None:
        return Answer(holds=None, reason=f"no statement certainly allows all of {action}")
    return Answer(holds=True, reason=f"a statement allows {action}")


def _applying(
    document: Mapping[str, Any], requests: Requests, action: str
) -> Iterator[tuple[str, Settled, str]]:
    """Each statement as its effect, whether it applies, and its name; a malformed one may do anything."""
    asked = with_variables_of(document, requests)
    for number, statement in enumerate(listed(document.get("Statement")), start=1):
        named = f"statement {number}"
        if not isinstance(statement, Mapping) or statement.get("Effect") not in ("Allow", "Deny"):
            yield "", None, named
        else:
            yield statement["Effect"], applies(statement, asked, action), named


def with_variables_of(document: Mapping[str, Any], requests: Requests) -> Requests:
    """The requests as this document's version reads its values."""
    return Requests(caller=requests.caller, ranges=requests.ranges, knows_variables=has_variables(document))


def applies(statement: Statement, requests: Requests, action: str) -> Settled:
    """Whether a statement applies to all (True) or none (False) of the requests."""
    met = (requests.meet(condition) for condition in conditions(statement))
    return all_of((*elements(statement, requests, action), *met))


def remaining(statement: Statement, requests: Requests, action: str) -> list[Requests]:
    """The requests that a Deny statement leaves, or more of them, in parts; none if it certainly leaves none.

    If all else certainly applies, what is left does not meet one of the conditions in doubt: a part for each.
    """
    if all_of(elements(statement, requests, action)) is not True:
        return [requests]
    met = [(condition, requests.meet(condition)) for condition in conditions(statement)]
    if any(answer is False for _, answer in met):
        return [requests]
    parts = (requests.not_meeting(condition) for condition, answer in met if answer is None)
    return [part for part in parts if part is not None]


def elements(statement: Statement, requests: Requests, action: str) -> Iterator[Settled]:
    """Whether the statement names the action, the callers and the resources of the requests."""
    yield names_action(statement, action)
    yield names_callers(statement, requests)
    yield _names_resource(statement, requests)


def names_action(statement: Statement, action: str) -> Settled:
    """Whether the statement is about the action; case is ignored, `*` and `?` are wildcards."""
    element = action_patterns(statement)
    if element is None:
        return None
    patterns, is_negated = element
    wanted = exact(action)
    named = any(covers(pattern, wanted) for pattern in patterns)
    return named is not is_negated


def action_patterns(statement: Statement) -> tuple[list[Pattern], bool] | None:
    """The patterns of Action or NotAction, and whether they are negated; None if malformed."""
    element = _element(statement, "Action")
    if element is None:
        return None
    values, is_negated = element
    return [Pattern(value, fold=True) for value in values], is_negated


def resources_of(statement: Statement, requests: Requests) -> list[Pattern] | None:
    """The resources that the statement names; None if it does not name them in a form we know."""
    values = texts(statement.get("Resource"))
    if values is None or "NotResource" in statement:
        return None
    return [_resource(value, requests) for value in values]


def _resource(value: str, requests: Requests) -> Pattern:
    """IAM documents no wildcard in the part of an ARN that names the service."""
    if value == "*":
        return ANYTHING
    parts = value.split(":", 5)  # arn:partition:service:region:account:resource
    is_arn = len(parts) == 6 and not set("*?") & set(parts[2])  # noqa: PLR2004
    return requests.pattern_of(value, Style.ARN) if is_arn else Pattern(value, loose=True)


def _names_resource(statement: Statement, requests: Requests) -> Settled:
    element = resource_patterns(statement, requests)
    if element is None:
        return None
    patterns, is_negated = element
    named = requests.range_of(RESOURCE).lies_in(patterns)
    return negated(named) if is_negated else named


def resource_patterns(statement: Statement, requests: Requests) -> tuple[list[Pattern], bool] | None:
    """The patterns of Resource or NotResource, and whether they are negated; None if malformed."""
    element = _element(statement, "Resource")
    if element is None:
        return None
    values, is_negated = element
    return [_resource(value, requests) for value in values], is_negated


def names_callers(statement: Statement, requests: Requests) -> Settled:
    """Whether the statement is about all (True) or none (False) of the callers.

    NotPrincipal covers everybody but the named ones; whether it spares one is never certain: IAM spares a
    principal only if its account, its role and its session are listed too.
    """
    denies = statement.get("Effect") == "Deny"
    if "NotPrincipal" not in statement:
        return named_in(statement.get("Principal"), requests.caller, denies=denies)
    spared = named_in(statement["NotPrincipal"], requests.caller, denies=True)
    is_spared_for_certain = spared is True and not denies
    certainly_covered = spared is False and denies and requests.caller.kind is not Kind.SERVICE
    return True if certainly_covered else False if is_spared_for_certain else None


def _element(statement: Statement, name: str) -> tuple[list[str], bool] | None:
    """The values of an element or of its Not form, and whether it is negated; None if malformed."""
    negative = f"Not{name}"
    if (name in statement) is (negative in statement):
        return None
    values = texts(statement.get(name, statement.get(negative)))
    return None if values is None else (values, negative in statement)
