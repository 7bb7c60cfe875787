"""Words that were retired do not come back: each idea has one name, the field's own (docs/decisions)."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from localcloud.client.handle import REPOSITORY

RETIRED = {
    r"[Tt]eller": "reporter, publish",
    r"[Tt]ells?|[Tt]old|untold": "report, publish, say",
    r"hears?|heard|unheard|hearing|TrailHears": "trail coverage, receive",
    r"handled(?= \w+ of)|Handled": "EventResult",
    r"way[_ ]out": "recommendation",
    r"letters|mailbox|[Dd]ead letters?(?!-)": "dead-letter message, dead-letter queue",
    r"(?<!re)doors?": "Lambda handler",
    r"brought[_ ]key|brought[_ ]topic": "customer-supplied key, existing topic",
    r"hold[_ ]back|held[_ ]back": "guard, suppressed",
    r"surroundings": "bucket context",
    r"exposure": "bucket access",
    r"grave|graver|gravest": "severe, most severe",
    r"satisfies|fulfils": "equals, meets",
    r"REPORTED|=report": "MANUAL, detect",
    r"ElsewhereError|GoneError|LoudBatchProcessor": "WrongRegionError, NotFoundError, sqs_batch",
    r"moves_to_k|to_k": "remediation key",
    r"resend": "redrive",
    r"anew|befall\w*|whom": "again, plain English",
}
RETIRED_WORD = re.compile("|".join(rf"(?<![A-Za-z_-])(?:{pattern})(?![A-Za-z_-])" for pattern in RETIRED))
MAY_SAY_THEM = (
    "tests/gates/test_words.py",
    "docs/decisions/",
    "docs/aws-facts.md",
    "CHANGELOG.md",
    "LICENSE",
)
SUFFIXES = frozenset({".py", ".md", ".yaml", ".toml", ".json", ""})


def texts() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [
        REPOSITORY / name
        for name in listed
        if Path(name).suffix in SUFFIXES
        and not name.startswith((*MAY_SAY_THEM, "requirements/"))
        and (REPOSITORY / name).is_file()
    ]


def retired_words(text: str) -> list[str]:
    return [
        f"line {number}: {found[0]!r}"
        for number, line in enumerate(text.splitlines(), start=1)
        for found in RETIRED_WORD.finditer(line)
    ]


@pytest.mark.parametrize("path", texts(), ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_file_has_no_retired_word(path: Path) -> None:
    assert retired_words(path.read_text()) == []


@pytest.mark.parametrize(
    "line", ["the alert was told", "way_out = 1", "the dead letters of a queue", "Teller()"]
)
def test_retired_word_is_found(line: str) -> None:
    assert retired_words(line)


@pytest.mark.parametrize("line", ["a dead-letter queue", "foretold", "a shear pin", "the outdoors"])
def test_other_words_are_not_found(line: str) -> None:
    assert not retired_words(line)
