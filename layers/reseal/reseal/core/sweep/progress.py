"""How far a sweep is. Saved after each step, so that a sweep that is stopped anywhere can be continued."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from reseal.core.errors import MalformedEventError

MOST_HOPS = 1000
"""Messages of one sweep to its own queue. A million buckets need about a hundred."""

STUCK = timedelta(hours=1)
"""A sweep without a step for so long has ended in the dead-letter queue: a new one may begin."""

REMEMBERED = 12
"""Earlier sweeps whose counts the report shows as the trend."""


class Stage(StrEnum):
    """The stages of a sweep, in order."""

    BUCKETS = "buckets"
    KEYS = "keys"
    LOOKS = "looks"
    REPORT = "report"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A message on the sweep's queue: begin a sweep (`hop` 0), or continue it."""

    sweep: str
    hop: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What an earlier sweep counted: resources by check and status, and how many buckets it listed."""

    sweep: str
    started_at: datetime
    listed: int
    counts: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a sweep is.

    `token` is where ListBuckets continues; `listed` the buckets so far; `key` the last key that was looked
    at; `critical` the CRITICAL findings so far. `looks` are the buckets (by name) and keys (by ARN) to send a
    look for, of all `violating` ones that one can repair; `sent` of them were sent, and `cap` is what limited
    them. `saved_at` is when the last step ended. `past` holds earlier sweeps, the latest last.
    """

    sweep: str
    started_at: datetime
    saved_at: datetime
    stage: Stage = Stage.BUCKETS
    hop: int = 0
    token: str | None = None
    listed: int = 0
    key: str | None = None
    critical: int = 0
    looks: tuple[str, ...] = ()
    sent: int = 0
    violating: int = 0
    cap: str | None = None
    past: tuple[Past, ...] = ()

    @property
    def last(self) -> Past | None:
        """The sweep before this one; None if this is the first."""
        return self.past[-1] if self.past else None

    def ended(self, counts: Mapping[str, Mapping[str, int]]) -> Progress:
        """The end of the sweep, which joins those that the next one remembers."""
        this = Past(sweep=self.sweep, started_at=self.started_at, listed=self.listed, counts=counts)
        return replace(self, stage=Stage.DONE, past=(*self.past, this)[-REMEMBERED:])

    def to_document(self) -> dict[str, Any]:
        """The progress as JSON, for the table."""
        return {
            **asdict(self),
            "started_at": self.started_at.isoformat(),
            "saved_at": self.saved_at.isoformat(),
        } | {"past": [{**asdict(one), "started_at": one.started_at.isoformat()} for one in self.past]}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Progress:
        """The progress that `to_document` wrote."""
        past = [{**one, "started_at": datetime.fromisoformat(one["started_at"])} for one in document["past"]]
        read = {
            "started_at": datetime.fromisoformat(document["started_at"]),
            "saved_at": datetime.fromisoformat(document["saved_at"]),
            "stage": Stage(document["stage"]),
            "looks": tuple(document["looks"]),
            "past": tuple(Past(**one) for one in past),
        }
        return cls(**{**document, **read})


def asked_by(body: str, message_id: str) -> Asked:
    """Read a message of the sweep's queue. A sweep is named after the message that began it.

    Raises MalformedEventError.
    """
    try:
        message = json.loads(body)
    except ValueError as error:
        raise MalformedEventError(f"a message of the sweep's queue is not JSON: {body!r:.80}") from error
    match message:
        case {"reseal": "sweep", "sweep": str(sweep), "hop": int(hop)} if sweep and hop > 0:
            return Asked(sweep=sweep, hop=hop)
        case {"reseal": "sweep", **rest} if not rest:
            return Asked(sweep=message_id, hop=0)
    raise MalformedEventError(f"not a message of the sweep's queue: {body!r:.80}")


def asking(asked: Asked) -> str:
    """The text of a message that continues a sweep."""
    return json.dumps({"reseal": "sweep", "sweep": asked.sweep, "hop": asked.hop})


def admitted(known: Progress | None, asked: Asked, now: datetime) -> Progress | str:
    """The progress to work on, or why this message is dropped.

    A message is sent before the hop is counted and dropped if its hop is over, so that a sweep that is
    stopped between the two is continued by one of both, and none is lost.
    """
    if known is None or (known.sweep != asked.sweep and known.stage is Stage.DONE):
        return _begun(known, asked, now)
    if known.sweep != asked.sweep:
        if asked.hop == 0 and now - known.saved_at > STUCK:
            return _begun(known, asked, now)
        return f"sweep {known.sweep} is at work since {known.started_at.isoformat()}"
    if known.stage is Stage.DONE or asked.hop < known.hop:
        return f"hop {asked.hop} of sweep {asked.sweep} is over"
    return replace(known, hop=asked.hop)


def _begun(known: Progress | None, asked: Asked, now: datetime) -> Progress | str:
    if asked.hop > 0:
        return f"sweep {asked.sweep} is not known"
    return Progress(sweep=asked.sweep, started_at=now, saved_at=now, past=known.past if known else ())
