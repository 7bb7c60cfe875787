"""The documents against the repository: what can be looked up in it must be there, and must be right."""

from __future__ import annotations

import html
import json
import re
import subprocess
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import jsonschema
import pytest
from botocore import xform_name
from samtranslator.yaml_helper import yaml_parse

from demo.bucket_scenes import BUCKET_GROUPS
from demo.object_scenes import OBJECT_GROUPS
from documents.facts import FACTS, facts, needs_measuring
from documents.pages import derived, pages, with_tables
from documents.tables import TABLES
from operations.verify_aws.facts import MEASURED, NOT_MEASURED
from reseal.core.calls.actor import Actor
from reseal.core.calls.bucket_call import BucketCall, StatedBucketEncryption
from reseal.core.checks.catalogue import CHECK_BY_ID
from reseal.core.decision import Severity
from reseal.core.findings.finding import Finding, Status, Written
from reseal.core.findings.ownership import owner_of
from reseal.core.findings.render.message import message_of
from reseal.core.repairs.ledger_entry import entry_id_of
from reseal.core.resource import BucketResource
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.setting import Setting
from reseal.resources.bucket.kind import LEASE
from tests.support.aws_cli import commands_in
from tests.support.findings import a_finding

REPOSITORY = Path(__file__).resolve().parents[2]
TEMPLATE = yaml_parse((REPOSITORY / "template.yaml").read_text())
README = (REPOSITORY / "README.md").read_text()
CONFIGURATION, FINDINGS, LIMITS, PERMISSIONS, RUNBOOK = (
    (REPOSITORY / "docs" / f"{name}.md").read_text()
    for name in ("configuration", "findings", "limits", "permissions", "runbook")
)
READERS_PAGES = [
    page
    for folder in ("docs", "docs/development")
    for page in sorted((REPOSITORY / folder).glob("*.md"))
    if page.name != "README.md"
]
LONGEST_README = 1160  # words, without code blocks: it is a first page
ALARMS = [name for name, resource in TEMPLATE["Resources"].items() if resource["Type"].endswith("Alarm")]
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
        "documents",
        "operations",
        "benchmarks",
        "tests",
    )
    for path in (REPOSITORY / folder).rglob("*.py")
]
TRACKED = subprocess.run(  # as `git ls-files`, so that nothing generated counts
    ["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True
).stdout.splitlines()
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_PATH = re.compile(
    r"`((?:benchmarks|demo|docs|documents|events|functions|layers|localcloud|mutation|operations|requirements|tests)"
    r"/[\w./-]+)`"
)
_SHORT_PATH = re.compile(r"`([\w.-]+/[\w./-]+\.(?:py|md|yaml|json|txt|in))`")
_MAKE = re.compile(r"(?:`|^)make ([a-z]+(?:-[a-z]+)*)", re.MULTILINE)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_FACT = re.compile(r"(?<![\w-])[A-J][1-9]\d?(?![\w\"])")
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


def short_paths() -> list[Any]:
    """The modules that documents name by the end of their path, as `core/decision.py`."""
    return sorted(
        {
            (str(document.relative_to(REPOSITORY)), path)
            for document in DOCUMENTS
            for path in _SHORT_PATH.findall(_FENCE.sub("", document.read_text()))
        }
    )


def make_targets() -> list[Any]:
    """The targets of `make` that documents name."""
    return sorted(
        {
            (str(document.relative_to(REPOSITORY)), target)
            for document in DOCUMENTS
            if document.name != "CHANGELOG.md" and document.parent.name != "decisions"  # both name old ones
            for target in _MAKE.findall(document.read_text())
        }
    )


def aws_commands() -> list[Any]:
    return [
        pytest.param(command, id=f"{document.name}: {command[:60]}")
        for document in DOCUMENTS
        for command in commands_in(document.read_text())
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


def resolved_action(action: Any) -> Any:
    """The actions that a mapping holds, or those given."""
    if not isinstance(action, dict):
        return action
    first, second, third = action["Fn::FindInMap"]
    return TEMPLATE["Mappings"][first][second][third]


def iam_actions(part: Any) -> set[str]:
    """Every IAM action that is allowed anywhere in this part of the template."""
    if isinstance(part, list):
        return {action for item in part for action in iam_actions(item)}
    if not isinstance(part, dict):
        return set()
    own = resolved_action(part.get("Action", [])) if part.get("Effect") == "Allow" else []
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


@pytest.mark.parametrize(("document", "path"), short_paths())
def test_path_named_in_short_is_the_end_of_one(document: str, path: str) -> None:
    assert [known for known in TRACKED if f"/{known}".endswith(f"/{path}")]


@pytest.mark.parametrize(("document", "target"), make_targets())
def test_make_target_exists(document: str, target: str) -> None:
    assert re.search(rf"^{target}:", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_derived_parts_of_a_page_are_what_make_docs_writes(page: Path) -> None:
    assert derived(page) == page.read_text(), "run make docs"


def test_unknown_derived_part_is_an_error() -> None:
    with pytest.raises(KeyError, match="nonsense"):
        with_tables("<!-- make docs: nonsense -->\n<!-- end -->\n")


@pytest.mark.parametrize("name", TABLES)
def test_every_derived_table_is_on_a_page(name: str) -> None:
    assert [page for page in pages() if f"<!-- make docs: {name} -->" in page.read_text()]


@pytest.mark.parametrize("parameter", TEMPLATE["Parameters"])
def test_parameter_is_in_the_table_with_its_default(parameter: str) -> None:
    default = TEMPLATE["Parameters"][parameter]["Default"]

    shown = f"`{default}`" if default != "" else "empty"

    assert f"| `{parameter}` | {shown} |" in CONFIGURATION


@pytest.mark.parametrize("action", sorted(iam_actions(TEMPLATE["Resources"]) - {"sts:AssumeRole"}))
def test_iam_action_is_on_the_page_of_permissions(action: str) -> None:
    assert f"`{action}`" in PERMISSIONS


@pytest.mark.parametrize("alarm", ALARMS)
def test_alarm_has_a_paragraph_in_the_runbook(alarm: str) -> None:
    assert f"**{alarm}**" in RUNBOOK


def test_readme_fits_a_first_page() -> None:
    assert len(_FENCE.sub("", README).split()) <= LONGEST_README


@pytest.mark.parametrize("page", READERS_PAGES, ids=lambda page: page.name)
def test_page_is_listed_and_says_who_it_is_for(page: Path) -> None:
    title, audience = page.read_text().split("\n\n", 2)[:2]

    assert title.startswith("# ")
    assert audience.startswith("For ")
    assert f"]({page.relative_to(REPOSITORY / 'docs')})" in (REPOSITORY / "docs/README.md").read_text()


def test_picture_shows_scenes_of_the_demo() -> None:
    picture = html.unescape((REPOSITORY / "docs/demo.svg").read_text()).replace("\xa0", " ")
    scenes = [scene for group in (*BUCKET_GROUPS, *OBJECT_GROUPS) for scene in group.scenes if scene.pictured]

    assert [scene.title for scene in scenes if f"{scene.who} {scene.title}" not in picture] == []


def seconds_in_documents() -> list[Any]:
    resources = TEMPLATE["Resources"]
    hidden, lease = resources["BucketQueue"]["Properties"]["VisibilityTimeout"], int(LEASE.total_seconds())
    timeout = resources["EnforceBucketFunction"]["Properties"]["Timeout"]
    minutes = resources["EnforceObjectFunction"]["Properties"]["Timeout"] // 60
    return [
        ("docs/architecture.md", f"at least {hidden} s later"),
        ("docs/architecture.md", f"lease of {lease} s"),
        ("docs/decisions/0002-one-ledger-entry-two-writes.md", f"a lease of {lease} s"),
        ("docs/decisions/0002-one-ledger-entry-two-writes.md", f"run ({timeout} s)"),
        ("docs/decisions/0002-one-ledger-entry-two-writes.md", f"a message ({hidden} s)"),
        ("docs/decisions/0003-a-first-delivery-never-reads-the-ledger.md", f"for {hidden} s"),
        ("docs/runbook.md", f"ends within {timeout} s, one of the object lane within {minutes} minutes"),
    ]


@pytest.mark.parametrize(("document", "words"), seconds_in_documents())
def test_time_out_lease_and_visibility_timeout_are_those_of_the_template(document: str, words: str) -> None:
    assert words in (REPOSITORY / document).read_text()


def test_number_of_listed_keys_is_that_of_the_template() -> None:
    listed = TEMPLATE["Parameters"]["ApprovedKeys"]["AllowedPattern"].rpartition("{0,")[2].rstrip("})$")

    assert f"lists at most {int(listed) + 1} keys" in LIMITS


@pytest.mark.parametrize("check", CHECK_BY_ID)
def test_check_has_a_section_on_both_pages(check: str) -> None:
    anchor = check.replace(".", "").lower()

    assert anchor in anchors(REPOSITORY / "docs/checks.md")
    assert anchor in anchors(REPOSITORY / "docs/runbook.md")


def test_facts_of_the_page_are_those_that_code_cites() -> None:
    listed = set(
        re.findall(r"^\| ([A-J]\d+) \|", (REPOSITORY / "docs/aws-facts.md").read_text(), re.MULTILINE)
    )

    cited = {
        fact for path in [*CODE, REPOSITORY / "template.yaml"] for fact in _FACT.findall(path.read_text())
    }

    assert listed == cited


@pytest.mark.parametrize(
    ("number", "fact", "source"),
    facts(FACTS.read_text()),
    ids=[number for number, *_ in facts(FACTS.read_text())],
)
def test_fact_that_no_page_of_aws_confirms_is_measured_or_says_why_not(
    number: str, fact: str, source: str
) -> None:
    assert not needs_measuring(fact, source) or (number in MEASURED) != (number in NOT_MEASURED)


@pytest.mark.parametrize("number", sorted(MEASURED | NOT_MEASURED.keys()))
def test_measured_fact_is_on_the_page(number: str) -> None:
    assert number in {known for known, *_ in facts(FACTS.read_text())}


def test_known_faults_are_the_scenarios_that_are_expected_to_fail() -> None:
    rows = re.findall(r"^\| (T\d+) \|", (REPOSITORY / "docs/checks.md").read_text(), re.MULTILINE)

    marks = {
        row
        for path in (REPOSITORY / "tests/scenarios").glob("test_*.py")
        for row in re.findall(r'@still_open\("(\w+)"', path.read_text())
    }

    assert sorted(rows) == sorted(marks)


def examples(language: str) -> list[str]:
    return [text for marked, text in _FENCE.findall(FINDINGS) if marked == language]


def test_finding_on_the_page_is_one() -> None:
    schema = json.loads((REPOSITORY / "docs/finding.schema.json").read_text())

    (example,) = examples("json")

    jsonschema.validate(json.loads(example), schema)


def finding_of(shown: dict[str, Any]) -> Finding:
    """The finding of a bucket's repair whose document this is."""
    before, after = (BucketEncryption.from_document(shown[name]) for name in ("before", "after"))
    call, name = shown["api_call"], shown["resource"]["name"]
    made = BucketCall(
        event_id=call["event_id"],
        name=call["name"],
        time=datetime.fromisoformat(call["time"]),
        bucket=name,
        owner=shown["account"],
        actor=Actor(**shown["actor"]),
        stated=StatedBucketEncryption(algorithm=before.algorithm, key_id=before.key_id, unblocks_sse_c=False),
    )
    return a_finding(
        shown["check"],
        made,
        severity=Severity[shown["severity"]],
        status=Status(shown["status"]),
        account=shown["account"],
        region=shown["region"],
        reason=shown["reason"],
        before=before,
        written=Written(
            action=shown["action"],
            after=after,
            at=made.time + timedelta(seconds=shown["seconds_to_remediate"]),
            restores=before,
        ),
        owner=owner_of(name, {}),
        ledger_entry=entry_id_of(BucketResource(bucket=name), call["event_id"], Setting.BUCKET_ENCRYPTION),
    )


def test_finding_and_e_mail_of_the_page_are_what_the_code_makes_of_that_repair() -> None:
    shown = json.loads(examples("json")[0])

    message = message_of([finding_of(shown["findings"][0])])

    assert json.loads(message.document) == shown
    assert message.email in examples("text")
    assert f"`{message.subject}`" in FINDINGS


@pytest.mark.parametrize("command", aws_commands())
def test_aws_command_and_its_options_exist(command: str) -> None:
    service, operation = command.split()[:2]

    known = operations("s3" if service == "s3api" else service)

    assert operation in known
    assert set(_OPTION.findall(command)) <= known[operation] | _OPTIONS_OF_THE_CLI
