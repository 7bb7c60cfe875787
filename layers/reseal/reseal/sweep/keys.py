"""Look at one KMS key with the decisions of the key lane, in mode detect. Nothing is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reseal.core.calls.look import Look
from reseal.core.checks.catalogue import checks_of
from reseal.core.checks.keys.observed_key import ObservedKey
from reseal.core.findings.finding import Finding
from reseal.core.policy.policy import Policy
from reseal.core.policy.requirements import Requirements
from reseal.core.resource import KeyResource
from reseal.core.snapshot import KeySeen, Rotation
from reseal.core.state.kms_key import KeyDescription, KeyUnreadable, KmsKey
from reseal.core.sweep.verdicts import verdicts_of
from reseal.flow.delivery import Delivery
from reseal.flow.judge import judge
from reseal.flow.result import result_of
from reseal.flow.stages import Ended, Judged, Judgement, Parsed
from reseal.ports import KeyManagement, Services
from reseal.resources.key.kind import KeyKind
from reseal.resources.key.observe import seen_of
from reseal.resources.key.write import KeyPlan
from reseal.sweep.advice import advised, in_detect
from reseal.sweep.reading import for_key_looks

KeyJudgement = Judgement[Look[KeyResource], ObservedKey, KeyPlan]

TO_REPAIR = "nothing was changed: a sweep only looks. `make look KMS_KEY=...` lets Reseal repair this key"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminedKey:
    """What a look at a key showed: the key for the snapshot, and its findings."""

    seen: KeySeen
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyExaminer:
    """Looks at keys. `advice` is what to do about a violation that an enforcing check would repair."""

    policy: Policy
    services: Services
    management: KeyManagement
    look_id: str
    advice: str = TO_REPAIR

    def key(self, arn: str, buckets: Sequence[str], before: KeySeen | None = None) -> ExaminedKey:
        """Look at a key that these buckets name; `before` is the last sight of it. Raises TransientError."""
        services, keys = for_key_looks(self.services, self.management, buckets, before)
        judgement = self._judgement(KeyKind(watched=frozenset(), services=services, keys=keys), arn)
        at = self.services.clock.now()
        required = self.policy.for_(KeyResource(kms_key=arn))
        result = advised(result_of(Ended(judgement=judgement, entries=())), required, self.advice)
        observed = judgement.observed if isinstance(judgement, Judged) else None
        key = observed.key if observed else services.keys.describe(arn)
        seen = KeySeen(
            key=_as_seen(arn, key),
            seen_at=at,
            since=at,
            first_seen=at,
            rotation=_rotation(observed),
            verdicts=verdicts_of(result, at),
        )
        return ExaminedKey(seen=seen, findings=result.findings)

    def _judgement(self, kind: KeyKind, arn: str) -> KeyJudgement:
        resource = KeyResource(kms_key=arn)
        look = Look(event_id=self.look_id, time=self.services.clock.now(), resource=resource)
        delivery = Delivery(body="", receive_count=1, invocation=self.look_id)
        required = in_detect(self.policy.for_(resource))
        parsed: Any = Parsed(
            delivery=delivery, trigger=look, requirements=required, checks=checks_of(KeyResource)
        )
        return judge(kind, parsed)


def users_of(names: Iterable[tuple[str, str]], required: Requirements) -> Mapping[str, Sequence[str]]:
    """The keys to look at, each with the buckets that name it: keys of this account, and approved ones.

    `names` has pairs of a bucket and the ARN of its key. A key of another account that nobody approved is
    reported with its bucket, and cannot be read.
    """
    users: dict[str, list[str]] = defaultdict(list, {arn: [] for arn in required.named_keys})
    for bucket, arn in names:
        if _is_readable(arn, required):
            users[arn].append(bucket)
    return {arn: sorted(buckets) for arn, buckets in users.items()}


def _is_readable(arn: str, required: Requirements) -> bool:
    _, _, _, region, account, _ = arn.split(":", 5)
    return required.names_approved(arn) or (required.owns(account) and region == required.region)


def unread(arn: str, at: datetime) -> KeySeen:
    """A key about which KMS did not answer."""
    return KeySeen(key=_as_seen(arn, KeyUnreadable(named=arn)), seen_at=at, since=at, first_seen=at)


def _as_seen(arn: str, key: KeyDescription) -> KmsKey:
    """The key; of one that KMS does not describe no more than its ARN, and why there is no more."""
    if isinstance(key, KmsKey):
        return key
    return KmsKey(arn=arn, state=seen_of(key), manager="", spec="", usage="", origin="")


def _rotation(observed: ObservedKey | None) -> Rotation | None:
    rotation = observed.rotation if observed else None
    return Rotation(on=rotation.enabled, days=rotation.period) if rotation else None
