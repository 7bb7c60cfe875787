"""The pages with derived parts, which stand between two comments, and the schema of findings.

<!-- make docs: parameters -->
whatever stands here is written again
<!-- end -->
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from documents.facts import FACTS, sent_reports, with_known_by
from documents.tables import TABLES
from documents.template import REPOSITORY
from reseal.core.checks.catalogue import CHECK_BY_ID

SCHEMA = REPOSITORY / "docs" / "finding.schema.json"
_DERIVED = re.compile(r"(<!-- make docs: (?P<name>[\w ]+) -->\n).*?(?=<!-- end -->)", re.DOTALL)


def pages() -> list[Path]:
    """Every document that can have derived parts."""
    return [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md")), SCHEMA]


def derived(page: Path) -> str:
    """The page with its derived parts written from their sources. Raises KeyError for an unknown part."""
    text = page.read_text()
    if page == SCHEMA:
        return _schema(text)
    return with_known_by(text, sent_reports()) if page == FACTS else with_tables(text)


def with_tables(text: str) -> str:
    """The Markdown text with its tables."""
    return _DERIVED.sub(lambda found: f"{found[1]}{_part(found['name'])}", text)


def _part(name: str) -> str:
    table = TABLES[name]()
    return f"\n{table}\n\n" if table else ""


def _schema(text: str) -> str:
    schema = json.loads(text)
    schema["$defs"]["finding"]["properties"]["check"]["enum"] = list(CHECK_BY_ID)
    return json.dumps(schema, indent=2) + "\n"
