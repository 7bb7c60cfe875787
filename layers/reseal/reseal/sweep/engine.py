"""A sweep, step by step. Each step is saved, so a sweep that is stopped anywhere continues where it was."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from reseal.core.calls.look import Look
from reseal.core.calls.queue_message import look_body
from reseal.core.decision import Severity
from reseal.core.errors import TransientError
from reseal.core.findings.finding import Finding
from reseal.core.findings.render.message import message_of
from reseal.core.kms_cost import pays_for_each_request
from reseal.core.policy.policy import Policy
from reseal.core.resource import BucketResource, KeyResource, Resource
from reseal.core.snapshot import BucketSeen, Seen
from reseal.core.sweep.caps import Caps, delay_of
from reseal.core.sweep.progress import MOST_HOPS, Asked, Progress, Stage, admitted, asked_by, asking
from reseal.core.sweep.rows import Rows
from reseal.ports import Deadline, Services, Sightings, SweepServices
from reseal.sweep.examine import Examined, Examiner
from reseal.sweep.finish import MOST_SINGLE
from reseal.sweep.keys import KeyExaminer, unread, users_of
from reseal.sweep.requests import requests_of

PAGE_SECONDS = 60.0
"""A page is begun only if so many seconds are left: it takes few, more while AWS throttles."""

REPORT_SECONDS = 120.0
"""The report is begun only if so many seconds are left."""

_ROUNDS = 3
"""How often a bucket is tried that AWS does not answer about, before it is reported as not read."""

_AT_ONCE = 10
"""Looks that are sent between two saves."""

V = TypeVar("V")
W = TypeVar("W")


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """What one message did: the progress after it, or why it was dropped."""

    progress: Progress | None
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """The sweep of one deployment.

    `repairs` are the caps in SweepMode=enforce, None in SweepMode=detect. `settle` is the least delay of a
    look in seconds. `page_size` says how many buckets
    to look at in one step at the present rate. `finish` writes the report and publishes the summary; it
    returns the counts.
    """

    policy: Policy
    repairs: Caps | None
    settle: int
    services: Services
    sweep: SweepServices
    deadline: Deadline
    workers: Executor
    lease: timedelta
    page_size: Callable[[], int]
    finish: Callable[[Progress, Rows], Mapping[str, Mapping[str, int]]]

    def work(self, body: str, message_id: str, invocation: str) -> Worked:
        """Work on a message until the sweep is done or the time is up.

        Raises MalformedEventError and TransientError: the message then returns to the queue.
        """
        asked, now = asked_by(body, message_id), self.services.clock.now()
        known = self.sweep.state.claim(invocation, now, now + self.lease)
        progress = admitted(known, asked, now)
        if isinstance(progress, str):
            self.sweep.state.release(invocation)
            return Worked(progress=None, what=progress)
        return self._work(progress, invocation)

    def _work(self, progress: Progress, invocation: str) -> Worked:
        def save(next_: Progress) -> Progress:
            saved = replace(next_, saved_at=self.services.clock.now())
            self.sweep.state.save(invocation, saved)
            return saved

        progress = save(progress)
        while progress.stage is not Stage.DONE and self._has_time(progress):
            for step in self._steps(progress):
                progress = save(step)
        if progress.stage is not Stage.DONE:
            progress = self._continued(progress, save)
        self.sweep.state.release(invocation)
        return Worked(progress=progress, what=progress.stage.value)

    def _has_time(self, progress: Progress) -> bool:
        needed = REPORT_SECONDS if progress.stage in (Stage.LOOKS, Stage.REPORT) else PAGE_SECONDS
        return self.deadline.seconds_left() >= needed

    def _continued(self, progress: Progress, save: Callable[[Progress], Progress]) -> Progress:
        """Hand the rest to the next hop: first the message, then the count (`admitted`)."""
        if progress.hop >= MOST_HOPS:
            raise TransientError(f"sweep {progress.sweep} has made {MOST_HOPS} hops: something is wrong")
        following = replace(progress, hop=progress.hop + 1)
        self.sweep.own_queue.send(asking(Asked(sweep=following.sweep, hop=following.hop)), 0)
        return save(following)

    def _steps(self, progress: Progress) -> Iterable[Progress]:
        """The progress after the next step, or after each of several steps to save."""
        match progress.stage:
            case Stage.BUCKETS:
                return [self._page(progress)]
            case Stage.KEYS:
                return self._keys(progress)
            case Stage.LOOKS:
                return self._looks(progress)
            case _:
                return [progress.ended(self.finish(progress, self._rows(progress)))]

    # --- buckets and keys ----------------------------------------------------------------------

    def _page(self, progress: Progress) -> Progress:
        """Look at the next buckets."""
        names, token = self.sweep.listing.page(progress.token, self.page_size())
        examined = self._examine(self._examiner(progress), self.sweep.sightings(progress.sweep), names)
        critical = self._publish([f for one in examined for f in one.findings], progress.critical)
        return replace(
            progress,
            token=token,
            stage=Stage.BUCKETS if token else Stage.KEYS,
            listed=progress.listed + len(names),
            critical=progress.critical + critical,
        )

    def _examine(self, examiner: Examiner, sightings: Sightings, names: Sequence[str]) -> Sequence[Examined]:
        """Look at the buckets and keep what each shows, at once: while one is kept, others are looked at."""
        ahead = self.workers.submit(sightings.read_ahead, names)  # the first few may be read one by one

        def look(name: str) -> Examined:
            examined = examiner.bucket(name)
            if not pays_for_each_request(examined.seen.encryption):
                sightings.put(examined.seen)
            return examined

        found, left = self._in_rounds(look, names)
        ahead.result()
        paying = [one.seen for one in found.values() if pays_for_each_request(one.seen.encryption)]
        unanswered = [self._unanswered(name, error) for name, error in left.items()]
        self._keep(sightings, [*self._with_requests(paying), *unanswered])
        return list(found.values())

    def _in_rounds(
        self, look: Callable[[str], W], names: Sequence[str]
    ) -> tuple[dict[str, W], Mapping[str, Exception]]:
        """What the looks show, and the errors of those about which AWS does not answer in three rounds."""
        found: dict[str, W] = {}
        left: Mapping[str, Exception] = dict.fromkeys(names, TransientError("not tried"))
        for _ in range(_ROUNDS):
            answers, left = self._for_each(look, list(left))
            found |= answers
        if left and self.deadline.seconds_left() < PAGE_SECONDS / 2:
            raise TransientError(f"too little time is left for {len(left)} buckets or keys")
        return {name: found[name] for name in names if name in found}, left

    def _unanswered(self, name: str, error: Exception) -> BucketSeen:
        at = self.services.clock.now()
        return BucketSeen(bucket=name, seen_at=at, first_seen=at, not_read=f"AWS did not answer: {error}")

    def _with_requests(self, paying: Sequence[BucketSeen]) -> Sequence[BucketSeen]:
        """These buckets, which a Bucket Key would make cheaper, with their requests."""
        names = [one.bucket for one in paying]
        known = requests_of(names, self.sweep.metrics, self.workers, self.services.clock.now())
        return [replace(one, requests=known[one.bucket]) for one in paying]

    def _keep(self, sightings: Sightings, seen: Sequence[Seen]) -> None:
        by_name = {one.name: one for one in seen}
        _, failed = self._for_each(lambda name: sightings.put(by_name[name]), list(by_name))
        for error in failed.values():
            raise error

    def _keys(self, progress: Progress) -> Iterable[Progress]:
        """Look at the keys that buckets name and at those that are approved by name, some at a time."""
        names = self.sweep.sightings(progress.sweep).names_of_keys(progress.sweep)
        users = users_of(names, self.policy.default)
        left = [arn for arn in sorted(users) if arn > (progress.key or "")]
        size = self.page_size()
        for first in range(0, len(left), size):
            if first and not self._has_time(progress):
                return
            progress = self._some_keys(progress, left[first : first + size], users)
            yield progress
        yield replace(progress, stage=Stage.LOOKS)

    def _some_keys(
        self, progress: Progress, arns: Sequence[str], users: Mapping[str, Sequence[str]]
    ) -> Progress:
        examiner, sightings = self._key_examiner(progress), self.sweep.sightings(progress.sweep)
        found, left = self._in_rounds(
            lambda arn: examiner.key(arn, users[arn], sightings.read_key(arn)), arns
        )
        unanswered = [unread(arn, self.services.clock.now()) for arn in left]
        self._keep(sightings, [*(one.seen for one in found.values()), *unanswered])
        critical = self._publish([f for one in found.values() for f in one.findings], progress.critical)
        return replace(progress, key=arns[-1], critical=progress.critical + critical)

    def _publish(self, findings: Sequence[Finding], before: int) -> int:
        """Publish those that are CRITICAL, unless enough were before; returns how many there are."""
        critical = [finding for finding in findings if finding.severity is Severity.CRITICAL]
        for finding in critical[: max(MOST_SINGLE - before, 0)]:
            self.services.topic.publish(message_of([finding]))
        return len(critical)

    # --- looks ---------------------------------------------------------------------------------

    def _looks(self, progress: Progress) -> Iterable[Progress]:
        """Send a look for each bucket and key that one can repair, up to the caps, spread over time."""
        if self.repairs is not None and progress.cap is None and not progress.looks:
            progress = self._planned(progress, self.repairs)
            yield progress
        for index in range(progress.sent, len(progress.looks)):
            seconds = delay_of(index, len(progress.looks), self.settle)
            self._look(progress, progress.looks[index], seconds)
            progress = replace(progress, sent=index + 1)
            if progress.sent % _AT_ONCE == 0:
                yield progress
        yield replace(progress, stage=Stage.REPORT)

    def _planned(self, progress: Progress, caps: Caps) -> Progress:
        rows = self._rows(progress)
        repairable = rows.repairable(self.policy.default)
        allowed, cap = caps.allow(len(repairable), len(rows.seen))
        looks = tuple(one.name for one in repairable[:allowed])
        return replace(progress, violating=len(repairable), looks=looks, cap=cap)

    def _look(self, progress: Progress, name: str, seconds: int) -> None:
        """Ask the lane of the bucket, or of the key with this ARN."""
        is_key = name.startswith("arn:")
        resource: Resource = KeyResource(kms_key=name) if is_key else BucketResource(bucket=name)
        look = Look(event_id=_look_id(progress), time=self.services.clock.now(), resource=resource)
        queue = self.sweep.key_looks if is_key else self.sweep.bucket_looks
        queue.send(look_body(look), seconds)

    # --- the means -----------------------------------------------------------------------------

    def _examiner(self, progress: Progress) -> Examiner:
        return Examiner(
            policy=self.policy,
            services=self.services,
            look_id=_look_id(progress),
            notes=self.services.bucket_notes,
        )

    def _key_examiner(self, progress: Progress) -> KeyExaminer:
        return KeyExaminer(
            policy=self.policy,
            services=self.services,
            management=self.sweep.key_management,
            look_id=_look_id(progress),
        )

    def _rows(self, progress: Progress) -> Rows:
        return Rows.of(self.sweep.sightings(progress.sweep).seen_by(progress.sweep))

    def _for_each(
        self, step: Callable[[V], W], values: Sequence[V]
    ) -> tuple[dict[V, W], dict[V, TransientError]]:
        """Run a step for all values in parallel: the answers, and what failed for now."""
        futures = {value: self.workers.submit(step, value) for value in values}
        answers: dict[V, W] = {}
        failed: dict[V, TransientError] = {}
        for value, future in futures.items():
            try:
                answers[value] = future.result()
            except TransientError as error:
                failed[value] = error
        return answers, failed


def _look_id(progress: Progress) -> str:
    """One id for all looks of a sweep: with the resource it names a finding and a ledger entry."""
    return f"sweep-{progress.sweep}"
