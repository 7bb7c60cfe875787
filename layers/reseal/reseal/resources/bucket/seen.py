"""What a look or an event showed of a bucket, for the snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from reseal.core.calls.bucket_call import BucketCall
from reseal.core.calls.queue_message import CloseWindow
from reseal.core.decision import Violation
from reseal.core.findings.event_result import EventResult
from reseal.core.outcome import Applied
from reseal.core.snapshot import BucketSeen, Creator, LastFinding
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.kms_key import KmsKey, parse_key_reference
from reseal.core.state.setting import Setting, State
from reseal.core.sweep.verdicts import verdicts_of
from reseal.flow.batch import Batch
from reseal.flow.report import Reporting
from reseal.flow.result import result_of
from reseal.flow.stages import Ended, Exempted, Judged, Refused
from reseal.ports import Clock, Snapshot

BucketEnded = Ended[Any, Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembering:
    """A lane's reporter that also keeps what was seen: after the findings, so that it delays none of them.

    It keeps violations, repairs and creations. Compliant events cost no call: the next sweep sees the bucket.
    """

    reporter: Reporting
    snapshot: Snapshot
    clock: Clock

    def report(self, batch: Batch, ended: Mapping[str, BucketEnded]) -> None:
        """Report, then keep what is news of each bucket. On TransientError the message is retried."""
        self.reporter.report(batch, ended)
        batch.for_each(self._keep, batch.remaining(ended))

    def close_window(self, reminder: CloseWindow) -> None:
        """Report what an alert window counted, at its end. Raises TransientError."""
        self.reporter.close_window(reminder)

    def _keep(self, ended: BucketEnded) -> None:
        if _is_compliant(ended):
            return
        result, at = result_of(ended), self.clock.now()
        seen = seen_of(ended, result, at)
        if seen is None or not (result.findings or seen.creator):
            return
        last = max(result.findings, key=lambda finding: finding.severity, default=None)
        published = LastFinding(id=last.id, at=at) if last else None
        self.snapshot.put(replace(seen, last_finding=published))


def _is_compliant(ended: BucketEnded) -> bool:
    """Whether it is clear without the event's result that there is no news. Most events are so."""
    judgement = ended.judgement
    return (
        isinstance(judgement, Judged)
        and not ended.entries
        and not judgement.repaired
        and not any(isinstance(one, Violation) for one in judgement.decisions.values())
        and _creator(judgement.trigger) is None
    )


def seen_of(ended: BucketEnded, result: EventResult, at: datetime) -> BucketSeen | None:
    """What was seen of the bucket; None if nothing was: it is gone, or in another account or Region."""
    judgement, bucket = ended.judgement, ended.judgement.trigger.resource.bucket
    states = _states(ended)
    if isinstance(judgement, Refused) and not states:
        return BucketSeen(bucket=bucket, seen_at=at, first_seen=at, not_read=judgement.outcome.reason)
    if not isinstance(judgement, Exempted | Judged | Refused):
        return None
    encryption = states.get(Setting.BUCKET_ENCRYPTION)
    return BucketSeen(
        bucket=bucket,
        seen_at=at,
        first_seen=at,
        encryption=encryption if isinstance(encryption, BucketEncryption) else None,
        kms_key=_kms_key(judgement, encryption),
        creator=_creator(judgement.trigger),
        owner=next((f"{f.owner.tool}" for f in result.findings if f.owner), None),
        verdicts=verdicts_of(result, at),
    )


def _states(ended: BucketEnded) -> Mapping[str, State]:
    """Each setting as it was read, or as it was found after a write."""
    judgement = ended.judgement
    found = dict(judgement.before) if isinstance(judgement, Judged | Refused) else {}
    written = {e.setting: e.outcome.after for e in ended.entries if isinstance(e.outcome, Applied)}
    return found | written


def _kms_key(judgement: object, encryption: State | None) -> str | None:
    """The ARN of the key that the bucket names: in its rule, or as KMS describes it."""
    if not isinstance(encryption, BucketEncryption) or encryption.key_id is None:
        return None
    if parse_key_reference(encryption.key_id).is_key_arn:
        return encryption.key_id
    described = judgement.observed.kms_key if isinstance(judgement, Judged) else None
    return described.arn if isinstance(described, KmsKey) else None


def _creator(trigger: object) -> Creator | None:
    if not isinstance(trigger, BucketCall) or trigger.name != "CreateBucket":
        return None
    return Creator(who=trigger.actor.who, tool=trigger.actor.tool, at=trigger.time)
