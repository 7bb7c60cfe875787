"""The hourly question about the keys that must stay: it also finds what no trail delivers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from reseal.core.calls.look import Look
from reseal.core.resource import KeyResource
from reseal.ports import KeyServices, Services
from reseal.resources.key.observe import seen_of

KNOWN_FOR = timedelta(days=1)
"""A key that looks as before is checked once a day: its rotation and policy, and whether it is still bad."""


def watch(key_arns: Iterable[str], services: Services, keys: KeyServices) -> None:
    """Ask for a check of each key that does not look as it was last seen. Raises TransientError."""
    now = services.clock.now()
    for arn in sorted(key_arns):
        seen, known = seen_of(services.keys.describe(arn, max_age=0)), keys.known.read(arn)
        if known is None or known.seen != seen or now - known.at >= KNOWN_FOR:
            keys.looks.ask(Look(event_id=_id(now), time=now, resource=KeyResource(kms_key=arn)))


def _id(now: datetime) -> str:
    """One id an hour: entries of two hours differ, those of a message that is delivered again do not."""
    return f"watch-{now:%Y-%m-%dT%H}"
