"""Step 6, value: a message for the topic."""

from __future__ import annotations

import json
from dataclasses import dataclass

LARGEST = 262_144
"""What SNS accepts of one message with its attributes, in bytes (G7)."""

LONGEST_EMAIL = 16_000
"""The most characters of an e-mail that Reseal sends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message for the topic: text for people, JSON for programs, attributes for filters.

    An attribute is one text, or a list of texts if the findings of one event can differ.
    """

    subject: str
    email: str
    document: str
    attributes: dict[str, str | list[str]]

    @property
    def body(self) -> str:
        """The message as SNS takes it: text for e-mail, JSON for all other protocols; ASCII."""
        return json.dumps({"default": self.document, "email": self.email})

    @property
    def fits(self) -> bool:
        """Whether SNS accepts it, and whether its e-mail can be read."""
        attributes = len(json.dumps(self.attributes)) + len(self.attributes) * len("String.Array")
        size = len(self.body) + len(self.subject) + attributes
        return size <= LARGEST and len(self.email) <= LONGEST_EMAIL
