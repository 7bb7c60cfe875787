"""Step 6, value: a message for the topic."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message for the topic: text for people, JSON for programs, attributes for filters.

    An attribute is one text, or a list of texts if the findings of one event can differ.
    """

    subject: str
    email: str
    document: str
    attributes: dict[str, str | list[str]]
