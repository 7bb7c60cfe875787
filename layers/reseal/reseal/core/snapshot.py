"""Values: what was last seen of each bucket and key. Sweep and lanes keep it; guards and reports read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from reseal.core.decision import Severity
from reseal.core.kms_cost import Requests
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.key_knowledge import KnownKey
from reseal.core.state.key_settings import DISABLED, ENABLED
from reseal.core.state.kms_key import KmsKey

RIGHT = frozenset({"COMPLIANT", "EXEMPT"})
"""The statuses of a check that found nothing wrong; every other one is a violation, or not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one check found, in the words of its finding, and since when it has had this status.

    `repaired` says that Reseal put the bucket right at `since`: just before, it was not.
    """

    status: str
    reason: str
    since: datetime
    severity: Severity | None = None
    recommendation: str | None = None
    repaired: bool = False

    @property
    def is_right(self) -> bool:
        """Whether the check found nothing wrong."""
        return self.status in RIGHT


@dataclass(frozen=True, slots=True, kw_only=True)
class Creator:
    """Who created a bucket, with which tool. Known only if Reseal received the record of the call."""

    who: str
    tool: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LastFinding:
    """The last finding about a bucket that was published: its id, and when it was seen."""

    id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketSeen:
    """A bucket as it was at `seen_at`.

    `encryption` is None if it was never read. `kms_key` is the ARN of the key that the bucket names, if it
    names one and KMS knows it. `not_read` says why the bucket could not be read; the rest is then what was
    known before. `owner` is the tool that manages the bucket. `requests` is None if a sweep did not ask.
    """

    bucket: str
    seen_at: datetime
    first_seen: datetime
    encryption: BucketEncryption | None = None
    kms_key: str | None = None
    creator: Creator | None = None
    owner: str | None = None
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    last_finding: LastFinding | None = None
    not_read: str | None = None
    requests: Requests | None = None

    @property
    def name(self) -> str:
        """The bucket's name."""
        return self.bucket

    @property
    def right_since(self) -> datetime | None:
        """Since when no check has found anything wrong; None if one does, or if that is not known."""
        return None if self.not_read else _right_since(self.verdicts)

    def after(self, earlier: BucketSeen | None) -> BucketSeen:
        """This observation, with what the one before it knew: since when, and who created the bucket."""
        if earlier is None:
            return self
        kept = {
            "creator": self.creator or earlier.creator,
            "first_seen": min(earlier.first_seen, self.first_seen),
            "last_finding": self.last_finding or earlier.last_finding,
            "requests": self.requests or earlier.requests,
        }
        if self.not_read:
            return replace(earlier, seen_at=self.seen_at, not_read=self.not_read, **kept)  # type: ignore[arg-type]
        return replace(self, verdicts=_continued(self, earlier), owner=self.owner or earlier.owner, **kept)  # type: ignore[arg-type]

    def to_document(self) -> dict[str, Any]:
        """The bucket as JSON, for the table."""
        return {
            "type": "bucket",
            "bucket": self.bucket,
            "seen_at": self.seen_at.isoformat(),
            "first_seen": self.first_seen.isoformat(),
            "encryption": self.encryption.to_document() if self.encryption else None,
            "kms_key": self.kms_key,
            "creator": _creator_document(self.creator),
            "owner": self.owner,
            "verdicts": {check: _verdict_document(one) for check, one in self.verdicts.items()},
            "last_finding": _finding_document(self.last_finding),
            "not_read": self.not_read,
            "requests": self.requests.to_document() if self.requests else None,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> BucketSeen:
        """The bucket that `to_document` wrote."""
        encryption = document["encryption"]
        return cls(
            bucket=document["bucket"],
            seen_at=datetime.fromisoformat(document["seen_at"]),
            first_seen=datetime.fromisoformat(document["first_seen"]),
            encryption=BucketEncryption.from_document(encryption) if encryption else None,
            kms_key=document["kms_key"],
            creator=_creator(document["creator"]),
            owner=document["owner"],
            verdicts={check: _verdict(one) for check, one in document["verdicts"].items()},
            last_finding=_finding(document["last_finding"]),
            not_read=document["not_read"],
            requests=Requests(**document["requests"]) if document["requests"] else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """Whether KMS rotates a key by itself, and every how many days; None if that is not known."""

    on: bool
    days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySeen:
    """A KMS key as it was at `seen_at`. `rotation` is None if the key cannot rotate or it was not read.

    `last_rotation` is the last rotation that was on: its period is what to turn on again. `since` is since
    when the key has had this state, `last_state` the last of the states that last, `Enabled` or `Disabled`.
    """

    key: KmsKey
    seen_at: datetime
    since: datetime
    first_seen: datetime
    rotation: Rotation | None = None
    last_rotation: Rotation | None = None
    last_state: str | None = None
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The key's ARN."""
        return self.key.arn

    @property
    def right_since(self) -> datetime | None:
        """Since when no check has found anything wrong; None if one does, or if that is not known."""
        return _right_since(self.verdicts)

    @property
    def known(self) -> KnownKey:
        """What the key lane wants to know of the key's past."""
        period = self.last_rotation.days if self.last_rotation else None
        return KnownKey(at=self.seen_at, seen=self.key.state, state=self.last_state, period=period)

    def after(self, earlier: KeySeen | None) -> KeySeen:
        """This observation, with what the one before it knew."""
        last = self.rotation if self.rotation and self.rotation.on else None
        state = self.key.state if self.key.state in (ENABLED, DISABLED) else None
        if earlier is None:
            return replace(self, last_rotation=last, last_state=state)
        same = earlier.key.state == self.key.state
        return replace(
            self,
            since=earlier.since if same else self.since,
            first_seen=min(earlier.first_seen, self.first_seen),
            last_rotation=last or earlier.last_rotation,
            last_state=state or earlier.last_state,
            verdicts=_continued(self, earlier),
        )

    def to_document(self) -> dict[str, Any]:
        """The key as JSON, for the table."""
        key = self.key
        return {
            "type": "key",
            "arn": key.arn,
            "state": key.state,
            "manager": key.manager,
            "spec": key.spec,
            "usage": key.usage,
            "origin": key.origin,
            "rotation": _rotation_document(self.rotation),
            "last_rotation": _rotation_document(self.last_rotation),
            "seen_at": self.seen_at.isoformat(),
            "since": self.since.isoformat(),
            "first_seen": self.first_seen.isoformat(),
            "last_state": self.last_state,
            "verdicts": {check: _verdict_document(one) for check, one in self.verdicts.items()},
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> KeySeen:
        """The key that `to_document` wrote."""
        names = ("arn", "state", "manager", "spec", "usage", "origin")
        return cls(
            key=KmsKey(**{name: document[name] for name in names}),
            rotation=_rotation(document["rotation"]),
            last_rotation=_rotation(document["last_rotation"]),
            seen_at=datetime.fromisoformat(document["seen_at"]),
            since=datetime.fromisoformat(document["since"]),
            first_seen=datetime.fromisoformat(document["first_seen"]),
            last_state=document["last_state"],
            verdicts={check: _verdict(one) for check, one in document["verdicts"].items()},
        )


Seen = BucketSeen | KeySeen
S = TypeVar("S", BucketSeen, KeySeen)


def joined(one: S, other: S | None) -> S:
    """Two observations of one bucket or key as one: the later, with what the earlier knew."""
    if other is None:
        return one.after(None)
    earlier, later = sorted((other, one), key=lambda seen: seen.seen_at)
    return later.after(earlier)


def seen_from_document(document: Mapping[str, Any]) -> Seen:
    """The bucket or key that `to_document` wrote."""
    return (BucketSeen if document["type"] == "bucket" else KeySeen).from_document(document)


def _right_since(verdicts: Mapping[str, Verdict]) -> datetime | None:
    """Since when all of them are right; None if one is not, or if there is none."""
    if not verdicts or not all(one.is_right for one in verdicts.values()):
        return None
    return max(one.since for one in verdicts.values())


def _continued(now: Seen, earlier: Seen) -> Mapping[str, Verdict]:
    """The verdicts with the time since when each holds: not longer than since it was last otherwise."""
    before = earlier.verdicts
    return {
        check: _held(one, before[check], now, earlier) if check in before else one
        for check, one in now.verdicts.items()
    }


def _held(verdict: Verdict, before: Verdict, now: Seen, earlier: Seen) -> Verdict:
    if verdict.repaired:
        return verdict
    if before.status != verdict.status:  # an observation that arrives late can show it
        return verdict if verdict.since > earlier.seen_at else replace(verdict, since=now.seen_at)
    if before.repaired:
        return replace(verdict, since=before.since, repaired=True)
    return replace(verdict, since=min(before.since, verdict.since))


def _verdict_document(verdict: Verdict) -> dict[str, Any]:
    return {
        "status": verdict.status,
        "severity": None if verdict.severity is None else verdict.severity.name,
        "reason": verdict.reason,
        "recommendation": verdict.recommendation,
        "since": verdict.since.isoformat(),
        "repaired": verdict.repaired,
    }


def _verdict(document: Mapping[str, Any]) -> Verdict:
    severity = document["severity"]
    return Verdict(
        status=document["status"],
        severity=None if severity is None else Severity[severity],
        reason=document["reason"],
        recommendation=document["recommendation"],
        since=datetime.fromisoformat(document["since"]),
        repaired=document["repaired"],
    )


def _finding_document(finding: LastFinding | None) -> dict[str, str] | None:
    return None if finding is None else {"id": finding.id, "at": finding.at.isoformat()}


def _finding(document: Mapping[str, str] | None) -> LastFinding | None:
    if document is None:
        return None
    return LastFinding(id=document["id"], at=datetime.fromisoformat(document["at"]))


def _creator_document(creator: Creator | None) -> dict[str, str] | None:
    if creator is None:
        return None
    return {"who": creator.who, "tool": creator.tool, "at": creator.at.isoformat()}


def _creator(document: Mapping[str, str] | None) -> Creator | None:
    if document is None:
        return None
    at = datetime.fromisoformat(document["at"])
    return Creator(who=document["who"], tool=document["tool"], at=at)


def _rotation_document(rotation: Rotation | None) -> dict[str, Any] | None:
    return None if rotation is None else {"on": rotation.on, "days": rotation.days}


def _rotation(document: Mapping[str, Any] | None) -> Rotation | None:
    return None if document is None else Rotation(**document)
