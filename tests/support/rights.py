"""What the roles of a template may do, from wherever they may have it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.translated import Template, actions, as_list, of_type

Statement = dict[str, Any]
ATTACHED = {
    "AWS::IAM::Policy": ("Roles", lambda policy: policy["PolicyDocument"]),
    "AWS::IAM::RolePolicy": ("RoleName", lambda policy: policy.get("PolicyDocument", {"Statement": []})),
    "AWS::IAM::ManagedPolicy": ("Roles", lambda policy: policy["PolicyDocument"]),
}
"""The resources that give rights to roles: the property that names the roles, and the policy document."""


class UnknownRightsError(ValueError):
    """A role has a policy that is not part of the template, so its rights are unknown."""


def role_statements(template: Template, name: str | None = None) -> list[Statement]:
    """The statements of one role or of every role, inline, attached or managed. Raises UnknownRightsError."""
    roles = of_type(template, "AWS::IAM::Role")
    named = {name: roles[name]} if name else roles
    return [
        statement
        for role, properties in named.items()
        for document in _documents(template, role, properties)
        for statement in as_list(document["Statement"])
    ]


def grants(template: Template) -> Counter[str]:
    """How many pairs of action and resource each role is allowed."""
    return Counter(
        {
            role: sum(
                len(actions(statement)) * len(as_list(statement["Resource"]))
                for statement in role_statements(template, role)
            )
            for role in of_type(template, "AWS::IAM::Role")
        }
    )


def _documents(template: Template, role: str, properties: Mapping[str, Any]) -> Iterator[Statement]:
    yield from (policy["PolicyDocument"] for policy in properties.get("Policies", []))
    for kind, (target, document) in ATTACHED.items():
        for policy in of_type(template, kind).values():
            if {"Ref": role} in as_list(policy.get(target, [])):
                yield document(policy)
    managed = of_type(template, "AWS::IAM::ManagedPolicy")
    for arn in properties.get("ManagedPolicyArns", []):
        if not isinstance(arn, dict) or arn.get("Ref") not in managed:
            raise UnknownRightsError(f"{role} has the policy {arn}, which the template does not contain")
        yield managed[arn["Ref"]]["PolicyDocument"]
