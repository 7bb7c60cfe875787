"""The tables of what the stack's roles may do, and what its resource policies admit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from documents.markdown import code, table
from documents.template import NO_VALUE, actions_of, in_words, resources, when

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ABBREVIATIONS = {
    word.capitalize(): word for word in ("ACL", "DSSE", "IAM", "KMS", "S3", "SNS", "SQS", "TLS")
}
_POLICY_OF = {
    "AWS::KMS::Key": "KeyPolicy",
    "AWS::S3::BucketPolicy": "PolicyDocument",
    "AWS::SNS::TopicPolicy": "PolicyDocument",
    "AWS::SQS::QueuePolicy": "PolicyDocument",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of a policy, and when the stack has it."""

    document: Mapping[str, Any]
    conditions: tuple[str, ...]

    @property
    def purpose(self) -> str:
        """The statement's id as a sentence."""
        words = [_ABBREVIATIONS.get(word, word.lower()) for word in _WORD.split(self.document["Sid"])]
        sentence = " ".join(words)
        return sentence[0].upper() + sentence[1:]

    @property
    def keys(self) -> str:
        """The condition keys under which the statement holds."""
        tests = self.document.get("Condition", {}).values()
        return code(dict.fromkeys(key for test in tests for key in test))


def roles() -> str:
    """A section for each role: every right that it can have."""
    sections = []
    for name, role in resources("AWS::IAM::Role"):
        rows = [
            (
                statement.purpose,
                code(actions_of(statement.document)),
                code([in_words(statement.document["Resource"])]),
                statement.keys,
                " and ".join(statement.conditions),
            )
            for policy in role["Properties"]["Policies"]
            for statement in _statements(policy["PolicyDocument"])
        ]
        heading = ("for", "actions", "on", "condition keys", "only if")
        exists = (
            f"The stack has this role only if {when(role['Condition'])}.\n\n" if "Condition" in role else ""
        )
        sections.append(f"### {name}\n\n{exists}{table(heading, rows)}")
    return "\n\n".join(sections)


def resource_policies() -> str:
    """One table of the statements of every resource policy; equal ones are one row."""
    policies: dict[tuple[str, ...], list[str]] = {}
    for name, resource in resources(*_POLICY_OF):
        own = (when(resource["Condition"]),) if "Condition" in resource else ()
        for statement in _statements(resource["Properties"][_POLICY_OF[resource["Type"]]], *own):
            row = (
                statement.purpose,
                f"{statement.document['Effect']} {_principal(statement.document['Principal'])}",
                code(actions_of(statement.document)),
                statement.keys,
            )
            only = "".join(f", if {condition}" for condition in statement.conditions)
            policies.setdefault(row, []).append(f"`{name}`{only}")
    rows = [("; ".join(names), *row) for row, names in policies.items()]
    return table(("policy of", "for", "who", "actions", "condition keys"), rows)


def _principal(principal: Any) -> str:
    if principal == "*":
        return "everyone"
    ((_, who),) = principal.items()
    return "every principal" if who == "*" else code([in_words(who)])


def _statements(document: Mapping[str, Any], *conditions: str) -> Iterator[Statement]:
    for statement in document["Statement"]:
        yield from _branches(statement, conditions)


def _branches(statement: Mapping[str, Any], conditions: tuple[str, ...]) -> Iterator[Statement]:
    """The statement; of a conditional one, each branch that is one."""
    if statement == NO_VALUE:
        return
    if "Fn::If" not in statement:
        yield Statement(statement, tuple(dict.fromkeys(conditions)))
        return
    name, then, otherwise = statement["Fn::If"]
    yield from _branches(then, (*conditions, when(name)))
    yield from _branches(otherwise, (*conditions, when(name, holds=False)))
