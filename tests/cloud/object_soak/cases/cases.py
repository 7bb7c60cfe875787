"""What a case is: a written object, how its event arrives, and what happens meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from reseal.core.state.bucket_encryption import SseAlgorithm
from tests.cloud.object_soak.world.calls import FAULTS, Fault, Race
from tests.cloud.object_soak.world.lanes import Stack
from tests.cloud.object_soak.world.resources import BUCKET_KINDS, COPY_LIMIT, LARGEST_IN_PARTS

RACES = ("other bytes", "same bytes", "delete", "tags", "acl", "own key", "sse-c", "lock")
OVERWRITES = frozenset({"other bytes", "same bytes", "own key", "sse-c"})
ENCRYPTIONS = {
    "default": (None, None),
    "sse-s3": ("AES256", None),
    "aws/s3": ("aws:kms", None),
    "K": ("aws:kms", "K"),
    "team": ("aws:kms", "team"),
    "unlisted": ("aws:kms", "unlisted"),
    "partner": ("aws:kms", "partner"),
    "revoked": ("aws:kms", "revoked"),
    "dsse K": ("aws:kms:dsse", "K"),
    "dsse team": ("aws:kms:dsse", "team"),
    "dsse aws/s3": ("aws:kms:dsse", None),
    "dsse partner": ("aws:kms:dsse", "partner"),
    "sse-c": ("SSE-C", None),
}
CLASSES = ("STANDARD_IA", "ONEZONE_IA", "GLACIER_IR", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE")
CHECKSUMS = ("CRC32", "CRC32C", "SHA1", "SHA256", "CRC64NVME")
ACLS = ("grants", "owner only", "read", "public")
OTHER_MESSAGES = ("poison", "not found", "foreign bucket", "duplicate", "earlier", "reminder", "twin")
SIZES = (0, 1, 5, 300, COPY_LIMIT - 1, COPY_LIMIT, COPY_LIMIT + 1, 2 * COPY_LIMIT, LARGEST_IN_PARTS + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One object, with the parameters of its write."""

    bucket: str = "plain"
    key: str = "2026/salaries.csv"
    size: int = 5
    in_parts: bool = False
    encryption: str = "sse-s3"
    context: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    storage_class: str = "STANDARD"
    checksum: str | None = None
    redirect: str | None = None
    acl: str | None = None
    lock: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """How the event of the write arrives."""

    names_version: bool = True
    spelled: str = "given"
    late: bool = False
    other_messages: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One run of the lane."""

    written: Written = field(default_factory=Written)
    arrival: Arrival = field(default_factory=Arrival)
    stack: Stack = field(default_factory=Stack)
    race: Race | None = None
    fault: Fault | None = None
    warm: bool = True


_WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=30)
_VALUES = st.sampled_from(["", "=?UTF-8?B?w6k=?=", "=?UTF-8?Q?=C3=A9?=", "a,b", "100%", 'q"q']) | _WORDS.map(
    str.strip
)
_NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=12)
_ODD_KEYS = (
    "a b",
    "a+b",
    "50%",
    "a%20b",
    "file%2Fname",
    "x?versionId=1",
    "a//b",
    "é/ü/日本",
    "😀",
    "&=#",
    "k" * 990,
)
_KEYS = st.sampled_from(_ODD_KEYS) | st.text(
    st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=80
)
_TAG_TEXT = st.text("abcXYZ012 +-=._:/@é", min_size=1, max_size=20).map(str.strip).filter(bool)
_HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "CacheControl": st.sampled_from(["no-store", "max-age=60, public"]),
        "ContentDisposition": st.sampled_from(["attachment", 'inline; filename="a b.txt"']),
        "ContentEncoding": st.sampled_from(["gzip", "aws-test, br"]),
        "ContentLanguage": st.sampled_from(["en", "de-CH, fr"]),
        "ContentType": st.sampled_from(["text/csv", "application/x-unknown; charset=utf-8"]),
        "Expires": st.datetimes(datetime(2031, 1, 1), datetime(2031, 12, 31)).map(
            lambda moment: moment.replace(microsecond=0)
        ),
    },
)


@st.composite
def _written(draw: st.DrawFn) -> Written:
    bucket = draw(st.sampled_from(BUCKET_KINDS))
    encryption = draw(st.sampled_from(["sse-s3", "sse-s3", *ENCRYPTIONS]))
    under_kms = ENCRYPTIONS[encryption][0] in {"aws:kms", "aws:kms:dsse"}
    size = draw(st.sampled_from(SIZES) | st.integers(0, 600))
    return Written(
        bucket=bucket,
        key=draw(_KEYS),
        size=size,
        in_parts=size >= 300 and draw(st.booleans()),
        encryption=encryption,
        context=under_kms and draw(st.integers(0, 2)) == 0,
        metadata=draw(st.dictionaries(_NAMES, _VALUES, max_size=4)),
        headers=draw(_HEADERS),
        tags=draw(st.dictionaries(_TAG_TEXT, st.just("") | _TAG_TEXT, max_size=4)),
        storage_class=draw(st.sampled_from(["STANDARD"] * 5 + list(CLASSES))),
        checksum=draw(st.none() | st.sampled_from(CHECKSUMS)),
        redirect=draw(st.sampled_from([None, None, "/elsewhere", "https://example.com/a?b=c"])),
        acl=draw(st.sampled_from(["grants", "owner only", "read", "public"]))
        if bucket == "with-acls"
        else None,
        lock=draw(st.sampled_from([None, "retention", "hold"])) if bucket == "locked" else None,
    )


_ARRIVALS = st.builds(
    Arrival,
    names_version=st.booleans(),
    spelled=st.sampled_from(["given", "given", "quoted", "plus"]),
    late=st.booleans(),
    other_messages=st.just(frozenset[str]()) | st.frozensets(st.sampled_from(OTHER_MESSAGES), max_size=3),
)
_STACKS = st.builds(
    Stack,
    required=st.sampled_from([SseAlgorithm.SSE_KMS, SseAlgorithm.DSSE_KMS]),
    listed=st.sampled_from([None, None, ("team",), ("team", "partner")]),
    replaces=st.booleans(),
    enforces=st.sampled_from([True] * 7 + [False]),
    prefers_in_place=st.booleans(),
    window=st.sampled_from([0, 300]),
)
_OPERATIONS = ("HeadObject", *["write"] * 3, "GetObjectAcl", "PutItem", "TransactWriteItems", "Publish")
_RACING = st.builds(
    Race, kind=st.sampled_from(RACES), operation=st.sampled_from(_OPERATIONS), nth=st.integers(1, 3)
)
_FAULTS = st.builds(
    Fault, kind=st.sampled_from(FAULTS), nth=st.integers(1, 14), times=st.sampled_from([1, 1, 4, 9, 30])
)
CASES = st.builds(
    Case,
    written=_written(),
    arrival=_ARRIVALS,
    stack=_STACKS,
    race=st.none() | _RACING,
    fault=st.none() | st.none() | _FAULTS,
    warm=st.sampled_from([True, True, False]),
)
