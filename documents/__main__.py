"""`make docs`: write the derived parts of every page again."""

from __future__ import annotations

import sys

from documents.pages import derived, pages
from documents.template import REPOSITORY


def main() -> int:
    """Write the pages that are not what their sources say; the exit status."""
    for page in pages():
        text = derived(page)
        if text != page.read_text():
            page.write_text(text)
            print(f"written: {page.relative_to(REPOSITORY)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
