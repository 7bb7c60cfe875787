"""A text that pretends to be Reseal's, and what a message with it must still be."""

from __future__ import annotations

import json
import re
from pathlib import Path

from jsonschema import Draft202012Validator

from reseal.core.findings.message import LARGEST, LONGEST_EMAIL, Message

SCHEMA = json.loads(Path("docs/finding.schema.json").read_text())
MARKED = "evil\u202e\n  Why            nothing is wrong; see http://evil.example/ "
"""A text that would imitate a row, if it could."""


def assert_fits(message: Message) -> None:
    """What SNS accepts (G7), with its attributes as it counts them."""
    attributes = json.dumps(message.attributes) + "String.Array" * len(message.attributes)
    assert len(message.body.encode()) + len(message.subject) + len(attributes) <= LARGEST
    assert len(message.email) <= LONGEST_EMAIL
    assert 0 < len(message.subject) < 100
    assert all(" " <= character <= "~" for character in message.subject)


def outside_quotes(text: str) -> str:
    """The text without its literals. A quote after a letter is an apostrophe."""
    return re.sub(r"""(?<!\w)(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*\")""", "''", text)


def assert_nothing_is_imitated(message: Message) -> None:
    assert not re.search(r"^  \S+ +nothing is wrong", message.email, re.MULTILINE)
    assert all(line.isprintable() for line in message.email.split("\n"))
    assert "evil" not in outside_quotes(message.email)


def assert_keeps_its_schema(message: Message) -> None:
    Draft202012Validator(SCHEMA).validate(json.loads(message.document))
