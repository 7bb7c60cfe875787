"""The documents against the repository: what can be looked up in it must be there, and must be right."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import jsonschema
import pytest
from botocore import xform_name
from samtranslator.yaml_helper import yaml_parse

from reseal.core.checks.catalogue import CHECK_BY_ID

REPOSITORY = Path(__file__).resolve().parents[2]
TEMPLATE = yaml_parse((REPOSITORY / "template.yaml").read_text())
README = (REPOSITORY / "README.md").read_text()
DOCUMENTS = sorted(
    path
    for folder, pattern in ((".", "*.md"), ("docs", "**/*.md"), ("events", "*.md"))
    for path in (REPOSITORY / folder).glob(pattern)
)
CODE = [
    path
    for folder in (
        "layers/reseal/reseal",
        "functions",
        "localcloud",
        "demo",
        "operations",
        "benchmarks",
        "tests",
    )
    for path in (REPOSITORY / folder).rglob("*.py")
]
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_PATH = re.compile(
    r"`((?:benchmarks|demo|docs|events|functions|layers|localcloud|mutation|operations|requirements|tests)"
    r"/[\w./-]+)`"
)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_FACT = re.compile(r"(?<![\w-])[A-J][1-9]\d?(?![\w\"])")
_AWS_COMMAND = re.compile(r"\baws ([a-z0-9-]+ [a-z-]+(?:(?!\baws )[^\n`])*)")
_OPTION = re.compile(r"(?<!\S)--(?:no-)?([a-z][a-z-]*)")
_OPTIONS_OF_THE_CLI = {
    "query",
    "output",
    "region",
    "notification-endpoint",
}  # the last: sns calls it Endpoint


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = _HEADING.findall(_FENCE.sub("", document.read_text()))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links() -> list[Any]:
    return [
        pytest.param(document, link, id=f"{document.relative_to(REPOSITORY)}: {link}")
        for document in DOCUMENTS
        for link in _LINK.findall(_FENCE.sub("", document.read_text()))
        if "://" not in link
    ]


def paths() -> list[Any]:
    """The files and folders that documents name by their whole path."""
    return [
        pytest.param(path, id=f"{document.relative_to(REPOSITORY)}: {path}")
        for document in DOCUMENTS
        for path in _PATH.findall(_FENCE.sub("", document.read_text()))
    ]


def aws_commands() -> list[Any]:
    return [
        pytest.param(command, id=f"{document.name}: {command[:60]}")
        for document in DOCUMENTS
        for command in _AWS_COMMAND.findall(document.read_text().replace("\\\n", " "))
    ]


@cache
def operations(service: str) -> dict[str, set[str]]:
    """The AWS CLI's commands of a service, each with its options."""
    model = botocore.session.get_session().get_service_model(service)
    shapes = {name: model.operation_model(name).input_shape for name in model.operation_names}
    return {
        xform_name(name, "-"): {xform_name(member, "-") for member in (shape.members if shape else ())}
        for name, shape in shapes.items()
    }


def iam_actions(part: Any) -> set[str]:
    """Every IAM action that is allowed anywhere in this part of the template."""
    if isinstance(part, list):
        return {action for item in part for action in iam_actions(item)}
    if not isinstance(part, dict):
        return set()
    own = part.get("Action", []) if part.get("Effect") == "Allow" else []
    inner = {action for value in part.values() for action in iam_actions(value)}
    return inner | ({own} if isinstance(own, str) else set(own))


@pytest.mark.parametrize(("document", "link"), links())
def test_relative_link_leads_somewhere(document: Path, link: str) -> None:
    target, _, anchor = link.partition("#")

    file = (document.parent / target).resolve() if target else document

    assert file.exists()
    assert not anchor or anchor in anchors(file)


@pytest.mark.parametrize("path", paths())
def test_named_path_exists(path: str) -> None:
    assert (REPOSITORY / path).exists()


@pytest.mark.parametrize("parameter", TEMPLATE["Parameters"])
def test_parameter_is_in_the_table_of_the_readme_with_its_default(parameter: str) -> None:
    default = TEMPLATE["Parameters"][parameter]["Default"]

    shown = f"`{default}`" if default != "" else "empty"

    assert f"| `{parameter}` | {shown} |" in README


@pytest.mark.parametrize("action", sorted(iam_actions(TEMPLATE["Resources"]) - {"sts:AssumeRole"}))
def test_iam_action_is_in_the_readme(action: str) -> None:
    assert f"`{action}`" in README


@pytest.mark.parametrize(
    "alarm", [n for n, r in TEMPLATE["Resources"].items() if r["Type"].endswith("Alarm")]
)
def test_alarm_is_in_the_runbook(alarm: str) -> None:
    assert f"**{alarm}**" in (REPOSITORY / "docs/runbook.md").read_text()


@pytest.mark.parametrize("check", CHECK_BY_ID)
def test_check_has_a_section_and_a_row(check: str) -> None:
    anchor = check.replace(".", "").lower()

    assert anchor in anchors(REPOSITORY / "docs/checks.md")
    assert anchor in anchors(REPOSITORY / "docs/runbook.md")
    assert f"`{check}`" in README


def test_facts_of_the_page_are_those_that_code_cites() -> None:
    listed = set(
        re.findall(r"^\| ([A-J]\d+) \|", (REPOSITORY / "docs/aws-facts.md").read_text(), re.MULTILINE)
    )

    cited = {
        fact for path in [*CODE, REPOSITORY / "template.yaml"] for fact in _FACT.findall(path.read_text())
    }

    assert listed == cited


def test_finding_in_the_readme_is_one() -> None:
    schema = json.loads((REPOSITORY / "docs/finding.schema.json").read_text())

    examples = [json.loads(text) for language, text in _FENCE.findall(README) if language == "json"]

    assert examples
    for example in examples:
        jsonschema.validate(example, schema)


@pytest.mark.parametrize("command", aws_commands())
def test_aws_command_and_its_options_exist(command: str) -> None:
    service, operation = command.split()[:2]

    known = operations("s3" if service == "s3api" else service)

    assert operation in known
    assert set(_OPTION.findall(command)) <= known[operation] | _OPTIONS_OF_THE_CLI
