"""Steps 3 and 5: the properties of an object, and what each method of re-encrypting does with them.

One table, one row per property (C35, C24, D3): S3 keeps some properties, drops others unless they are
sent, and cannot keep a few. The rows give what a copy sends and what must be equal afterwards.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from reseal.core.repairs.objects import copy_parameters
from reseal.core.repairs.objects.copy_parameters import Parameters
from reseal.core.state.s3_object import ObservedObject, Original

_CHECKSUM = "checksum"


class Fate(StrEnum):
    """What happens to a property."""

    KEPT = "kept"
    MANUAL = "manual"  # it could not be kept, so nothing is written
    CHANGES = "changes"  # it cannot be kept, and the content of the object does not depend on it


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One row: what each method does with the property, and how.

    `sent_with_copy` and `sent_with_parts` give the parameters of CopyObject and CreateMultipartUpload that
    keep it. `lost_in_copy` and `lost_in_parts` say why it cannot be kept, or return None.
    `seen` gives the value that must be the same in HeadObject's answers before and after.
    """

    name: str
    copy: Fate = Fate.KEPT
    parts: Fate = Fate.KEPT
    in_place: Fate = Fate.KEPT
    sent_with_copy: Callable[[Original], Parameters] | None = None
    sent_with_parts: Callable[[Original], Parameters] | None = None
    lost_in_copy: Callable[[Original], str | None] | None = None
    lost_in_parts: Callable[[Original], str | None] | None = None
    seen: Callable[[ObservedObject], object] | None = None


PROPERTIES = (
    Property(name="bytes", seen=lambda head: head.size),
    Property(
        name="user metadata",
        sent_with_copy=lambda _: {"MetadataDirective": "COPY"},
        sent_with_parts=lambda original: {"Metadata": dict(original.head.metadata)},
        lost_in_parts=copy_parameters.lost_metadata,
        seen=lambda head: dict(head.metadata),
    ),
    Property(
        name="content headers",  # MetadataDirective copies these too
        sent_with_parts=lambda original: dict(original.head.headers),
        lost_in_parts=copy_parameters.lost_headers,
        seen=lambda head: dict(head.headers),
    ),
    Property(
        name="tags",
        sent_with_copy=lambda _: {"TaggingDirective": "COPY"},
        sent_with_parts=copy_parameters.tagging,
        seen=lambda head: head.tag_count,
    ),
    Property(
        name="annotations",
        parts=Fate.MANUAL,
        sent_with_copy=lambda _: {"AnnotationDirective": "COPY"},
        lost_in_parts=copy_parameters.lost_annotations,
    ),
    Property(
        name="storage class",
        sent_with_copy=copy_parameters.storage_class,
        sent_with_parts=copy_parameters.storage_class,
        seen=lambda head: head.storage_class,
    ),
    Property(
        name="website redirect",
        sent_with_copy=copy_parameters.redirect,
        sent_with_parts=copy_parameters.redirect,
        lost_in_copy=copy_parameters.lost_redirect,
        lost_in_parts=copy_parameters.lost_redirect,
        seen=lambda head: head.website_redirect,
    ),
    Property(
        name="ACL",
        sent_with_copy=copy_parameters.grants,
        sent_with_parts=copy_parameters.grants,
        lost_in_copy=copy_parameters.ungrantable,
        lost_in_parts=copy_parameters.ungrantable,
    ),
    Property(
        name="Object Lock",
        copy=Fate.MANUAL,
        parts=Fate.MANUAL,
        in_place=Fate.MANUAL,  # S3 refuses it (D5)
        lost_in_copy=copy_parameters.locked,
        lost_in_parts=copy_parameters.locked,
    ),
    Property(
        name="encryption context",
        in_place=Fate.MANUAL,
        sent_with_copy=copy_parameters.context,
        sent_with_parts=copy_parameters.context,
    ),
    Property(
        name=_CHECKSUM,
        sent_with_copy=copy_parameters.checksum,
        sent_with_parts=copy_parameters.checksum_of_parts,
    ),
    Property(name="ETag", copy=Fate.CHANGES, parts=Fate.CHANGES),
    Property(name="last modified", copy=Fate.CHANGES, parts=Fate.CHANGES),
    Property(name="part structure", copy=Fate.CHANGES, parts=Fate.CHANGES),
    Property(name="access tier", copy=Fate.CHANGES, parts=Fate.CHANGES),
)


def sent_with_copy(original: Original) -> Parameters:
    """The parameters of CopyObject that keep what S3 would drop."""
    return _merged(original, (row.sent_with_copy for row in PROPERTIES))


def sent_with_parts(original: Original) -> Parameters:
    """The parameters of CreateMultipartUpload that keep every property: it has no directives (C24)."""
    return _merged(original, (row.sent_with_parts for row in PROPERTIES))


def lost_in_copy(original: Original) -> list[str]:
    """Why a copy would lose a property; empty if it would not."""
    return _reasons(original, (row.lost_in_copy for row in PROPERTIES))


def lost_in_parts(original: Original) -> list[str]:
    """Why a copy in parts would lose a property; empty if it would not."""
    return _reasons(original, (row.lost_in_parts for row in PROPERTIES))


def seen_of(head: ObservedObject) -> dict[str, str]:
    """What HeadObject must show again after a repair: a digest for each row, and the full-object checksum.

    A checksum of parts is left out because it depends on the part boundaries (C35).
    """
    seen = {row.name: _digest(row.seen(head)) for row in PROPERTIES if row.seen}
    if head.checksum and head.checksum.type == "FULL_OBJECT":
        seen |= {_CHECKSUM: f"{head.checksum.algorithm}:{head.checksum.value}"}
    return seen


def changed(seen: Mapping[str, str], after: ObservedObject) -> tuple[str, ...]:
    """The names of the properties that no longer have the value in `seen`."""
    now = seen_of(after)
    return tuple(name for name in seen if name in now and _differ(name, seen[name], now[name]))


def _differ(name: str, before: str, after: str) -> bool:
    """Compares checksums only of the same algorithm: a copy may have another one."""
    if name == _CHECKSUM and before.partition(":")[0] != after.partition(":")[0]:
        return False
    return before != after


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, default=str)  # headers hold times
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _merged(original: Original, rows: Iterable[Callable[[Original], Parameters] | None]) -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    for row in rows:
        parameters |= row(original) if row else {}
    return parameters


def _reasons(original: Original, rows: Iterable[Callable[[Original], str | None] | None]) -> list[str]:
    return [why for row in rows if row and (why := row(original))]
