"""Cases that every run contains, to cover each kind of bucket, encryption, race, fault and end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import example

from reseal.core.state.bucket_encryption import SseAlgorithm
from tests.cloud.object_soak.cases.cases import ENCRYPTIONS, OTHER_MESSAGES, RACES, Arrival, Case, Written
from tests.cloud.object_soak.world.calls import FAULTS, Fault, Race
from tests.cloud.object_soak.world.lanes import Stack
from tests.cloud.object_soak.world.resources import BUCKET_KINDS, COPY_LIMIT

SUITED = {"acl": Written(bucket="with-acls", acl="owner only"), "lock": Written(bucket="locked")}
DSSE = Stack(required=SseAlgorithm.DSSE_KMS)
LARGE = Written(size=COPY_LIMIT + 1, tags={"a": "b"}, metadata={"department": "payroll"})


def _examples() -> Iterator[Case]:
    yield from (Case(written=Written(bucket=kind)) for kind in BUCKET_KINDS)
    yield from (Case(written=Written(encryption=name)) for name in ENCRYPTIONS)
    yield from (Case(written=SUITED.get(kind, Written()), race=Race(kind, "HeadObject")) for kind in RACES)
    yield from (Case(written=SUITED.get(kind, Written()), race=Race(kind, "write")) for kind in RACES)
    yield from (
        Case(written=Written(bucket="notifying"), race=Race(kind, "write"))
        for kind in ("same bytes", "own key")
    )
    yield from (
        Case(written=LARGE, stack=DSSE, race=Race(kind, "CompleteMultipartUpload"))
        for kind in ("same bytes", "tags")
    )
    yield from (Case(fault=Fault(kind, nth, 9)) for kind in FAULTS for nth in (1, 3))
    yield Case(written=SUITED["acl"], race=Race("acl", "PutItem"))
    yield Case(written=Written(bucket="notifying", encryption="aws/s3", context=True))
    yield Case(
        written=Written(bucket="versioned", key="a b", size=0, encryption="sse-s3"),
        arrival=Arrival(names_version=False, spelled="quoted"),
        stack=Stack(required=SseAlgorithm.DSSE_KMS, enforces=True, window=0),
        warm=True,
        race=Race("sse-c", "Publish"),
    )
    yield Case(
        written=Written(encryption="K"),
        arrival=Arrival(names_version=True, late=True, other_messages=frozenset({"twin"})),
        stack=Stack(window=0),
        race=Race("sse-c", "HeadObject", 2),
    )
    yield Case(
        written=Written(key="a b", size=0, encryption="K", context=True),
        arrival=Arrival(names_version=False, other_messages=frozenset({"poison", "twin"})),
        stack=Stack(window=0),
        fault=Fault("denied", 5),
        warm=True,
    )
    yield Case(written=Written(encryption="aws/s3", context=True), fault=Fault("denied", 2), warm=True)
    yield Case(  # its event ends Skipped, and only the copy of its twin is denied
        written=Written(key="a b", size=0),
        arrival=Arrival(names_version=False, spelled="quoted", late=True, other_messages=frozenset({"twin"})),
        stack=DSSE,
        race=Race("own key", "HeadObject"),
        fault=Fault("denied", 8),
    )
    yield Case(fault=Fault("500", 1, 99))
    yield Case(written=LARGE, stack=DSSE)
    yield Case(written=LARGE, stack=DSSE, fault=Fault("denied", 5))
    yield Case(
        written=Written(size=COPY_LIMIT + 1, encryption="dsse partner", context=True),
        arrival=Arrival(late=True),
        fault=Fault("lost", 5),
        warm=True,
    )
    yield Case(written=Written(bucket="suspended", size=300, in_parts=True, checksum="SHA256"))
    yield Case(stack=Stack(enforces=False))
    yield Case(arrival=Arrival(other_messages=frozenset(OTHER_MESSAGES)), stack=Stack(window=300))
    yield Case(arrival=Arrival(other_messages=frozenset(OTHER_MESSAGES), late=True), stack=Stack(window=300))


EXAMPLES = tuple(_examples())


def with_examples(function: Callable[..., Any]) -> Callable[..., Any]:
    """The property, tried on them first."""
    for case in EXAMPLES:
        function = example(case=case)(function)
    return function
