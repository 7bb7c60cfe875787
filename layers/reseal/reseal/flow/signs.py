"""Step 6, report: note a sign of ransomware, and find those that it belongs to."""

from __future__ import annotations

from datetime import datetime

from reseal.core.errors import TransientError
from reseal.core.findings.sign import Noted, Sign, joined
from reseal.ports import Services

MOST_READS = 12
"""Actors, buckets and keys whose signs are read for one sign."""
_ATTEMPTS = 12
_SECONDS_BETWEEN = 0.05


def note_sign(services: Services, sign: Sign) -> tuple[Sign, ...]:
    """Note the sign with its actor, bucket and key. Returns all signs of a day that these lead to, and it.

    Raises TransientError.
    """
    now = services.clock.now()
    found: dict[str, Noted] = {}
    to_read = list(sign.facets)
    while to_read and len(found) < MOST_READS:
        facet = to_read.pop(0)
        if facet not in found:
            found[facet] = services.watchlist.read_signs(facet, now)
            to_read += [further for other in found[facet].signs for further in other.facets]
    for facet in sign.facets:
        _note(services, facet, found[facet], sign, now)
    return joined([sign, *(one for noted in found.values() for one in noted.signs)])


def _note(services: Services, facet: str, noted: Noted, sign: Sign, now: datetime) -> None:
    """Add the sign unless it is there; tried again if another came first."""
    for attempt in range(_ATTEMPTS):
        if any(one.id == sign.id for one in noted.signs):
            return
        added = Noted(signs=joined([*noted.signs, sign]), version=noted.version)
        if services.watchlist.replace_signs(facet, added, now):
            return
        services.clock.sleep(_SECONDS_BETWEEN * (attempt + 1))
        noted = services.watchlist.read_signs(facet, now)
    raise TransientError("the signs of ransomware change too fast to note one more")
