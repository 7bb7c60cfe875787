"""The record of each call, by the name of the call, and how a reading looks into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from operations.verify_aws.measurement import Event, Expectation

Records = Mapping[str, Sequence[Event]]

OWN_ARN = "arn:"


def detail(records: Records, name: str) -> Mapping[str, Any]:
    """The record of a call."""
    found: Mapping[str, Any] = records[name][0]["detail"]
    return found


def sent_with(records: Records, name: str) -> Mapping[str, Any]:
    """The parameters of its request."""
    return detail(records, name).get("requestParameters") or {}


def answer_in(records: Records, name: str) -> Mapping[str, Any]:
    """Its response, empty if the record has none."""
    return detail(records, name).get("responseElements") or {}


def present(*found: tuple[str, object]) -> str:
    """Which of these are there, in words."""
    return ", ".join(name if there else f"no {name}" for name, there in found)


def asks(name: str, fact: str, question: str, expected: str) -> Expectation:
    """An expectation that costs nothing more."""
    return Expectation(name=name, fact=fact, question=question, expected=expected)
