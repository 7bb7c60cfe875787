"""The report of one sweep, as a value: its head, its rows as plain documents, its counts and its trend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reseal.core.checks.catalogue import CHECK_BY_ID
from reseal.core.kms_cost import DAYS, PRICES_AS_OF, pays_for_each_request
from reseal.core.policy.requirements import Requirements
from reseal.core.snapshot import BucketSeen, KeySeen, Seen, Verdict
from reseal.core.sweep.progress import Progress
from reseal.core.sweep.rows import NEVER_LOOKED_AT, Changes, Counts, Rows, previous, unread_keys

SCHEMA = "reseal.report/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The report of one sweep. `rows` holds one document for each bucket, then one for each key."""

    sweep: str
    account: str
    region: str
    version: str
    started_at: datetime
    ended_at: datetime
    modes: Mapping[str, str]
    counts: Counts
    changes: Changes
    not_looked_at: tuple[str, ...]
    trend: tuple[Mapping[str, Any], ...]
    rows: Sequence[Mapping[str, Any]]

    @property
    def head(self) -> dict[str, Any]:
        """Everything but the rows, as JSON."""
        return {
            "schema": SCHEMA,
            "sweep": self.sweep,
            "account": self.account,
            "region": self.region,
            "version": self.version,
            "started_at": self.started_at.isoformat(),
            "ended_at": self.ended_at.isoformat(),
            "modes": dict(self.modes),
            "counts": {check: dict(found) for check, found in self.counts.items()},
            "changed": {
                "new": list(self.changes.new),
                "violated": list(self.changes.violated),
                "put_right": list(self.changes.put_right),
            },
            "not_looked_at": list(self.not_looked_at),
            "prices": f"list prices of us-east-1, {PRICES_AS_OF}; requests of {DAYS} days",
            "trend": [dict(one) for one in self.trend],
        }


def report_of(
    required: Requirements, progress: Progress, rows: Rows, *, version: str, ended_at: datetime
) -> Report:
    """The report of a sweep that has looked at everything."""
    this = {"at": progress.started_at.isoformat(), "listed": progress.listed, "counts": rows.counts}
    earlier = [
        {"at": one.started_at.isoformat(), "listed": one.listed, "counts": one.counts}
        for one in progress.past
    ]
    keys = {key.name: key for key in rows.keys}
    named = Counter(one.kms_key for one in rows.buckets if one.kms_key)
    return Report(
        sweep=progress.sweep,
        account=required.account,
        region=required.region,
        version=version,
        started_at=progress.started_at,
        ended_at=ended_at,
        modes={check: required.mode_of(check).value for check in required.check_modes},
        counts=rows.counts,
        changes=rows.changed_since(previous(progress)),
        not_looked_at=_not_looked_at(required, rows),
        trend=(*earlier, this),
        rows=[*(_bucket(one, keys) for one in rows.buckets), *(_key(one, named) for one in rows.keys)],
    )


def _not_looked_at(required: Requirements, rows: Rows) -> tuple[str, ...]:
    denied = [f"bucket {one.name}: {one.not_read}" for one in rows.not_read]
    keys = [f"{arn}: KMS does not describe it to Reseal" for arn in unread_keys(rows, required.named_keys)]
    unknown = Counter(one.requests.unknown for one in rows.buckets if one.requests and one.requests.unknown)
    costs = [f"KMS cost of {_many(count)}: {why}" for why, count in unknown.items()]
    return (*denied, *keys, *costs, *NEVER_LOOKED_AT)


def _bucket(seen: BucketSeen, keys: Mapping[str, KeySeen]) -> dict[str, Any]:
    encryption = seen.encryption
    key = keys.get(seen.kms_key or "")
    return {
        "type": "bucket",
        "name": seen.bucket,
        "encryption": encryption.in_words if encryption else None,
        "kms_key": seen.kms_key or (encryption.key_id if encryption else None),
        "kms_key_state": key.key.state if key else None,
        "bucket_key": encryption.bucket_key if encryption else None,
        "sse_c_blocked": encryption.blocks_sse_c if encryption else None,
        "owner": seen.owner,
        "creator": seen.creator.who if seen.creator else None,
        "right_since": _text(seen.right_since),
        "first_seen": _text(seen.first_seen),
        "seen_at": _text(seen.seen_at),
        "last_finding": seen.last_finding.id if seen.last_finding else None,
        "last_finding_at": _text(seen.last_finding.at) if seen.last_finding else None,
        "not_read": seen.not_read,
        **_kms_cost(seen),
        "checks": {} if seen.not_read else _checks(seen),
    }


def _kms_cost(seen: BucketSeen) -> dict[str, Any]:
    """What a Bucket Key would save: only where there can be one, and only where requests are counted."""
    requests = seen.requests if pays_for_each_request(seen.encryption) else None
    return {
        "kms_requests": requests.count if requests else None,
        "kms_usd": requests.usd if requests else None,
        "kms_usd_with_bucket_key": requests.least_usd_with_bucket_key if requests else None,
        "kms_cost_unknown": requests.unknown if requests else None,
    }


def _verdict(check: str, verdict: Verdict) -> dict[str, Any]:
    return {
        "status": verdict.status,
        "severity": verdict.severity.name if verdict.severity is not None else None,
        "since": _text(verdict.since),
        "reason": verdict.reason,
        "recommendation": verdict.recommendation,
        "controls": list(CHECK_BY_ID[check].controls) if check in CHECK_BY_ID else [],
    }


def _key(seen: KeySeen, named: Mapping[str, int]) -> dict[str, Any]:
    rotation = seen.rotation
    return {
        "type": "key",
        "name": seen.name,
        "kms_key_state": seen.key.state,
        "since": _text(seen.since),
        "manager": seen.key.manager,
        "origin": seen.key.origin,
        "spec": seen.key.spec,
        "rotation": rotation.on if rotation else None,
        "rotation_days": rotation.days if rotation else None,
        "buckets": named.get(seen.name, 0),
        "right_since": _text(seen.right_since),
        "first_seen": _text(seen.first_seen),
        "seen_at": _text(seen.seen_at),
        "checks": _checks(seen),
    }


def _checks(seen: Seen) -> dict[str, Any]:
    return {check: _verdict(check, one) for check, one in seen.verdicts.items()}


def _many(buckets: int) -> str:
    return f"{buckets} bucket{'s' * (buckets > 1)} without a Bucket Key"


def _text(time: datetime | None) -> str | None:
    return time.isoformat(timespec="seconds") if time else None
