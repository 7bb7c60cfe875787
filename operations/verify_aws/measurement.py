"""What is measured: a description and a function on a bench. The function answers what it saw, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from operations.verify_aws.bench import Bench

ACCEPTED = "accepted"

Event = Mapping[str, Any]
"""One EventBridge event with a CloudTrail record in `detail`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What is asked about a fact of docs/aws-facts.md, and the answer that Reseal expects."""

    name: str
    fact: str
    question: str
    expected: str
    extra_cost: str = ""


@dataclass(frozen=True, slots=True)
class Measurement:
    """An expectation about AWS's answers, and the calls that show it."""

    asks: Expectation
    look: Callable[[Bench], str]


@dataclass(frozen=True, slots=True)
class Reading:
    """An expectation about CloudTrail's records of the calls called `of`, read when all have arrived."""

    asks: Expectation
    of: tuple[str, ...]
    read: Callable[[Mapping[str, Sequence[Event]]], str]


class NotSeenError(Exception):
    """A measurement could not look; says why."""


def outcome(act: Callable[[], object]) -> str:
    """`accepted`, or the code with which AWS refused; for HEAD requests the status."""
    try:
        act()
    except ClientError as refused:
        return str(refused.response["Error"]["Code"])
    return ACCEPTED


def in_a_row(*acts: Callable[[], object]) -> str:
    """The outcomes of several calls, in their order."""
    return ", ".join(outcome(act) for act in acts)
