"""The pages with derived parts, which stand between two comments.

<!-- make docs: parameters -->
whatever stands here is written again
<!-- end -->
"""

from __future__ import annotations

import re
from pathlib import Path

from documents.tables import TABLES
from documents.template import REPOSITORY

_DERIVED = re.compile(r"(<!-- make docs: (?P<name>[\w ]+) -->\n).*?(?=<!-- end -->)", re.DOTALL)


def pages() -> list[Path]:
    """Every page of the documents."""
    return [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]


def derived(text: str) -> str:
    """The page with its derived parts written from their sources. Raises KeyError for an unknown part."""
    return _DERIVED.sub(lambda found: f"{found[1]}\n{TABLES[found['name']]()}\n\n", text)


def stale() -> list[Path]:
    """The pages that are not what `make docs` would write."""
    return [page for page in pages() if derived(page.read_text()) != page.read_text()]
