"""Amazon DynamoDB: the item of an alert window, and the updates of one."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from reseal.core.findings.alerts import Suppressed, Tallied, Tally
from reseal.core.findings.message import Message

WINDOW_KEPT = timedelta(days=14)
"""As long as a reminder can wait in the dead-letter queue: a redrive can still publish the summary."""

_RESERVED = {
    "#total": "total",
    "#first": "first",
    "#last": "last",
    "#keys": "keys",
}  # reserved words of DynamoDB
_NOTHING = {":zero": {"N": "0"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A conditional update of one window."""

    expression: str
    condition: str
    values: Mapping[str, Any]

    @property
    def names(self) -> dict[str, str]:
        """The reserved words that it uses: DynamoDB refuses names that the expression does not use."""
        return {name: word for name, word in _RESERVED.items() if name in self.expression}


def opening(window_id: str, tallied: Tallied, now: datetime) -> Change:
    """Opens a new window if none is open and nothing is suppressed."""
    return Change(
        expression=(
            "SET window_id = :id, closes_at = :closes, expires_at = :expires, #total = :count, held = :zero, "
            "message = :message REMOVE #first, #last, #keys"
        ),
        condition="attribute_not_exists(id) OR (closes_at <= :now AND held = :zero)",
        values={
            **_NOTHING,
            **_counted(tallied, now),
            ":closes": {"N": _number(now + timedelta(seconds=tallied.seconds))},
            ":id": {"S": window_id},
            ":message": {"S": json.dumps(asdict(tallied.message))},
        },
    )


def counting(tallied: Tallied, now: datetime) -> Change:
    """Counts in a window that is open or still has suppressed violations."""
    expression, values = "SET #total = #total + :count, expires_at = :expires", _counted(tallied, now)
    if tallied.suppresses:
        expression += (
            ", held = held + :count, #first = if_not_exists(#first, :first), #last = :last, #keys = :keys"
        )
        values |= {
            ":first": {"S": tallied.first.isoformat()},
            ":last": {"S": tallied.last.isoformat()},
            ":keys": {"S": json.dumps(tallied.keys)},
        }
    condition = "closes_at > :now OR held > :zero"
    return Change(expression=expression, condition=condition, values=_NOTHING | values)


CLOSING_EMPTY = Change(expression="SET closes_at = :zero", condition="held = :zero", values=_NOTHING)
"""Closes a window without suppressed violations."""


def closing_published(suppressed: Suppressed) -> Change:
    """Closes a window after its summary was sent."""
    return Change(
        expression="SET held = :zero, closes_at = :zero REMOVE #first, #last, #keys",
        condition="window_id = :id AND held = :published",
        values=_NOTHING | _published(suppressed),
    )


def removing_published(suppressed: Suppressed, until: datetime) -> Change:
    """Removes what the summary reported. The window gets a new id, so the rest becomes another summary."""
    return Change(
        expression="SET held = held - :published, window_id = :next, #first = :last, closes_at = :closes",
        condition="window_id = :id AND held > :published",
        values={
            **_published(suppressed),
            ":next": {"S": str(uuid.uuid4())},
            ":closes": {"N": _number(until)},
            ":last": {"S": suppressed.last.isoformat()},
        },
    )


def tally_of(item: Mapping[str, Any], own_id: str) -> Tally:
    """The tally of a window; `opened` if its id is `own_id`."""
    return Tally(
        opened=item["window_id"]["S"] == own_id,
        window_id=item["window_id"]["S"],
        total=int(item["total"]["N"]),
        closes_at=datetime.fromtimestamp(float(item["closes_at"]["N"]), UTC),
    )


def suppressed_of(item: Mapping[str, Any]) -> Suppressed | None:
    """The suppressed violations of a window; None if there are none."""
    count = int(item["held"]["N"])
    if count == 0:
        return None
    return Suppressed(
        window_id=item["window_id"]["S"],
        count=count,
        first=datetime.fromisoformat(item["first"]["S"]),
        last=datetime.fromisoformat(item["last"]["S"]),
        keys=tuple(json.loads(item["keys"]["S"])),
        message=Message(**json.loads(item["message"]["S"])),
    )


def _counted(tallied: Tallied, now: datetime) -> dict[str, Any]:
    expires = now + timedelta(seconds=tallied.seconds) + WINDOW_KEPT
    return {
        ":count": {"N": str(tallied.count)},
        ":expires": {"N": str(int(expires.timestamp()))},
        ":now": {"N": _number(now)},
    }


def _published(suppressed: Suppressed) -> dict[str, Any]:
    return {":published": {"N": str(suppressed.count)}, ":id": {"S": suppressed.window_id}}


def _number(time: datetime) -> str:
    return f"{time.timestamp():.6f}"
