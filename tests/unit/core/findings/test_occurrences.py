from __future__ import annotations

from datetime import timedelta

import pytest

from reseal.core.findings.occurrences import Incident, Occurrences
from tests.support.fakes.services import NOON

LATER = NOON + timedelta(seconds=30)


def occurrences(count: int, *keys: str, incident: Incident | None = None) -> Occurrences:
    return Occurrences(count=count, first=NOON, last=LATER, keys=keys, incident=incident)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (occurrences(1, "a"), "1 object at 2026-11-23T12:00:00+00:00: 'a'"),
        (
            occurrences(2, "a", "b\nc"),
            "2 objects from 2026-11-23T12:00:00+00:00 to 2026-11-23T12:00:30+00:00: 'a', 'b\\nc'",
        ),
        (
            occurrences(9, "a", "b"),
            "9 objects from 2026-11-23T12:00:00+00:00 to 2026-11-23T12:00:30+00:00: 'a', 'b', ...",
        ),
        (occurrences(1), "1 call at 2026-11-23T12:00:00+00:00"),
        (occurrences(3), "3 calls from 2026-11-23T12:00:00+00:00 to 2026-11-23T12:00:30+00:00"),
    ],
    ids=["one", "all keys", "some keys", "one call", "calls"],
)
def test_occurrences_in_words(found: Occurrences, words: str) -> None:
    assert found.in_words == words


@pytest.mark.parametrize(
    ("incident", "document"),
    [
        (None, None),
        (
            Incident(id="i", count=7),
            {"id": "i", "count": 7, "unblocked": None, "attack": False, "signs": []},
        ),
        (
            Incident(id="i", count=7, unblocked="eve"),
            {"id": "i", "count": 7, "unblocked": "eve", "attack": True, "signs": []},
        ),
    ],
    ids=["none", "incident", "unblocked"],
)
def test_occurrences_as_json(incident: Incident | None, document: object) -> None:
    assert occurrences(2, "a", "b", incident=incident).to_document() == {
        "count": 2,
        "first": "2026-11-23T12:00:00+00:00",
        "last": "2026-11-23T12:00:30+00:00",
        "keys": ["a", "b"],
        "incident": document,
    }
