"""Look at one bucket: with two reads, and in full where something can be wrong. Nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from reseal.core.calls.look import Look
from reseal.core.checks.buckets.observed_bucket import ObservedBucket
from reseal.core.checks.catalogue import checks_of, decisions_of
from reseal.core.decision import Violation
from reseal.core.errors import RefusalError
from reseal.core.findings.event_result import EventResult
from reseal.core.findings.finding import Finding
from reseal.core.findings.ownership import owner_of
from reseal.core.outcome import Skipped
from reseal.core.policy.policy import Policy
from reseal.core.resource import BucketResource
from reseal.core.snapshot import BucketSeen
from reseal.flow.delivery import Delivery
from reseal.flow.judge import judge
from reseal.flow.result import result_of
from reseal.flow.stages import Ended, Exempted, Judged, Judgement, Parsed
from reseal.ports import BucketNotes, Services
from reseal.resources.bucket.kind import BucketKind
from reseal.resources.bucket.observe import Observer
from reseal.resources.bucket.seen import seen_of
from reseal.resources.bucket.write import BucketPlan
from reseal.sweep.advice import advised, in_detect
from reseal.sweep.reading import for_looks

BucketLook = Look[BucketResource]
BucketJudgement = Judgement[BucketLook, ObservedBucket, BucketPlan]

TO_REPAIR = "nothing was changed: a sweep only looks. `make look BUCKET=...` lets Reseal repair this bucket"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What a look at a bucket showed: the bucket for the snapshot, and its findings."""

    seen: BucketSeen
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examiner:
    """Looks with the same decisions and guards as the bucket lane, in mode detect.

    `advice` is what to do about a violation that an enforcing check would repair. `notes` are those that the
    lanes keep; None where there is no stack.
    """

    policy: Policy
    services: Services
    look_id: str
    advice: str = TO_REPAIR
    notes: BucketNotes | None = None

    def bucket(self, name: str) -> Examined:
        """Look at a bucket. Raises TransientError."""
        judgement = self._judgement(name)
        at = self.services.clock.now()
        ended = Ended(judgement=judgement, entries=())
        required = self.policy.for_(BucketResource(bucket=name))
        result = advised(self._with_owner(result_of(ended)), required, self.advice)
        seen = seen_of(ended, result, at) or _not_read(name, result, at)
        return Examined(seen=seen, findings=result.findings)

    def _judgement(self, name: str) -> BucketJudgement:
        resource = BucketResource(bucket=name)
        look = Look(event_id=self.look_id, time=self.services.clock.now(), resource=resource)
        required = in_detect(self.policy.for_(resource))
        delivery = Delivery(body="", receive_count=1, invocation=self.look_id)
        checks = checks_of(BucketResource)
        parsed = Parsed(delivery=delivery, trigger=look, requirements=required, checks=checks)
        if required.exempt:
            return Exempted(parsed=parsed, exempt=required.exempt)
        return self._brief(parsed) or self._full(parsed)

    def _full(self, parsed: Parsed[BucketLook]) -> BucketJudgement:
        """The judgement of the bucket lane. It keeps what was decided before AWS refused a read."""
        kind = BucketKind(services=for_looks(self.services, self.notes))
        return judge(kind, parsed)  # type: ignore[arg-type]  # a look is a trigger

    def _brief(self, parsed: Parsed[BucketLook]) -> BucketJudgement | None:
        """The judgement by two reads; None if the bucket must be observed in full.

        Also if a read was refused: the lane's own path reads again, because S3 under load may not find a
        bucket that is there, and says what was refused.
        """
        observer = Observer(requirements=parsed.requirements, services=for_looks(self.services, self.notes))
        try:
            observed, is_suspect = observer.observe_briefly(parsed.trigger)
        except RefusalError:
            return None
        decisions = decisions_of(parsed.requirements, parsed.trigger, observed)
        if is_suspect or any(isinstance(one, Violation) for one in decisions.values()):
            return None
        return Judged(
            parsed=parsed,
            trigger=parsed.trigger,
            observed=observed,
            decisions=decisions,
            plans={},
            detected={},
            put_right={},
        )

    def _with_owner(self, result: EventResult) -> EventResult:
        if not result.findings or not result.decisions:
            return result
        bucket = result.call.resource.scope
        owner = owner_of(bucket, self.services.buckets.read_tags(bucket) or {})
        return replace(result, findings=tuple(replace(one, owner=owner) for one in result.findings))


def _not_read(name: str, result: EventResult, at: datetime) -> BucketSeen:
    why = result.outcome.reason if isinstance(result.outcome, Skipped) else "it was not judged"
    return BucketSeen(bucket=name, seen_at=at, first_seen=at, not_read=why)
