"""Step 6, value: a sign of ransomware, and the signs of one actor, bucket or key within a day."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from reseal.core.text.quoted import named

KEPT = timedelta(days=1)
MOST_SIGNS = 20
"""Signs that are kept of one actor, bucket or key: the earliest half and the latest half."""


class SignKind(StrEnum):
    """What ransomware in S3 does, as published sequences show it, and in their order."""

    UNBLOCKED = "SSE-C was unblocked"
    CUSTOMER_KEY = "objects were written under SSE-C"
    FOREIGN_KEY = "data was put under a key of another account"
    OUTSIDE_KEY = "data was put under a key whose material is held outside KMS"
    KEY_TAKEN = "a key in use was disabled, scheduled for deletion, or lost its material"


_KINDS = tuple(SignKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """What somebody did first at `at`. Doing the same again is the same sign.

    `who` is None if a look found it. `bucket` and `key`, the key's ARN, are None if it is not about one.
    """

    kind: SignKind
    at: datetime
    who: str | None
    bucket: str | None = None
    key: str | None = None

    @property
    def id(self) -> str:
        """The same for the same deed of the same actor."""
        same = (self.kind.name, self.who or "", self.bucket or "", self.key or "")
        return hashlib.sha256("\n".join(same).encode()).hexdigest()[:32]

    @property
    def facets(self) -> tuple[str, ...]:
        """What joins it with other signs: its actor, bucket and key, each as a short text."""
        of = {"actor": self.who, "bucket": self.bucket, "key": self.key}
        return tuple(
            f"{kind}#{hashlib.sha256(name.encode()).hexdigest()[:32]}" for kind, name in of.items() if name
        )

    @property
    def in_words(self) -> str:
        """When, who, what and where, for people."""
        where = ", ".join(named(name) for name in (self.bucket, self.key) if name)
        return f"{self.at.isoformat()} {named(self.who) if self.who else 'unknown'}: {self.kind} ({where})"

    def to_document(self) -> dict[str, Any]:
        """The sign as JSON."""
        return {
            "sign": self.kind.name,
            "at": self.at.isoformat(),
            "who": self.who,
            "bucket": self.bucket,
            "key": self.key,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Sign:
        """The sign that `to_document` wrote."""
        return cls(
            kind=SignKind[document["sign"]],
            at=datetime.fromisoformat(document["at"]),
            who=document["who"],
            bucket=document["bucket"],
            key=document["key"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """The signs that are stored of one facet, and the version of that item; 0 if there is none."""

    signs: tuple[Sign, ...] = ()
    version: int = 0

    def within_a_day(self, now: datetime) -> Noted:
        """Without what is older."""
        return Noted(signs=tuple(sign for sign in self.signs if now - sign.at <= KEPT), version=self.version)


def joined(signs: Iterable[Sign]) -> tuple[Sign, ...]:
    """The signs in the order of time, each once; of many, the earliest and the latest.

    CloudTrail's times are whole seconds: signs of one second are in the order of their kinds.
    """
    earliest: dict[str, Sign] = {}
    for sign in sorted(signs, key=lambda sign: (sign.at, _KINDS.index(sign.kind), sign.id)):
        earliest.setdefault(sign.id, sign)
    found, half = tuple(earliest.values()), MOST_SIGNS // 2
    return found if len(found) <= MOST_SIGNS else (*found[:half], *found[-half:])


def is_attack(signs: Sequence[Sign]) -> bool:
    """Whether there are signs of more than one kind: one kind alone can be a mistake, or a migration."""
    return len({sign.kind for sign in signs}) > 1
