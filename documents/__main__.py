"""`make docs`: write the derived parts of every page again."""

from __future__ import annotations

import sys

from documents.pages import derived, stale
from documents.template import REPOSITORY


def main() -> int:
    """Write the stale pages; the exit status."""
    for page in stale():
        page.write_text(derived(page.read_text()))
        print(f"written: {page.relative_to(REPOSITORY)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
