"""Amazon DynamoDB: the item of an alert window, and every change that is made to one."""

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
"""As long as a reminder can lie among the dead letters: until then what is held back can be told."""

_RESERVED = {
    "#total": "total",
    "#first": "first",
    "#last": "last",
    "#keys": "keys",
}  # words of DynamoDB's own
_NOTHING = {":zero": {"N": "0"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A conditional update of one window."""

    expression: str
    condition: str
    values: Mapping[str, Any]

    @property
    def names(self) -> dict[str, str]:
        """The reserved words it uses: DynamoDB refuses a change that names others, too."""
        return {name: word for name, word in _RESERVED.items() if name in self.expression}


def opening(window_id: str, tallied: Tallied, now: datetime) -> Change:
    """A new window, where none is open and nothing is held back."""
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
    """More in a window that is open, or that holds something back which is still to be told."""
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
"""The end of a window that holds nothing back."""


def closing_published(suppressed: Suppressed) -> Change:
    """The end of a window where all that it held back was told."""
    return Change(
        expression="SET held = :zero, closes_at = :zero REMOVE #first, #last, #keys",
        condition="window_id = :id AND held = :told",
        values=_NOTHING | _published(suppressed),
    )


def removing_published(suppressed: Suppressed, until: datetime) -> Change:
    """A window without what was told of it. Its id is a new one, so that the rest is another summary."""
    return Change(
        expression="SET held = held - :told, window_id = :next, #first = :last, closes_at = :closes",
        condition="window_id = :id AND held > :told",
        values={
            **_published(suppressed),
            ":next": {"S": str(uuid.uuid4())},
            ":closes": {"N": _number(until)},
            ":last": {"S": suppressed.last.isoformat()},
        },
    )


def tally_of(item: Mapping[str, Any], own_id: str) -> Tally:
    """The tally of a window, which `own_id` opened or did not."""
    return Tally(
        opened=item["window_id"]["S"] == own_id,
        window_id=item["window_id"]["S"],
        total=int(item["total"]["N"]),
        closes_at=datetime.fromtimestamp(float(item["closes_at"]["N"]), UTC),
    )


def suppressed_of(item: Mapping[str, Any]) -> Suppressed | None:
    """What a window holds back, if anything."""
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
    return {":told": {"N": str(suppressed.count)}, ":id": {"S": suppressed.window_id}}


def _number(time: datetime) -> str:
    return f"{time.timestamp():.6f}"
