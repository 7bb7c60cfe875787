"""The key lane on the fakes: one event about one key, delivered as often as a test likes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from reseal.core.calls.look import Look
from reseal.core.calls.queue_message import look_body
from reseal.core.findings.event_result import EventResult
from reseal.core.policy.policy import Policy
from reseal.core.policy.requirements import Mode
from reseal.core.resource import KeyResource
from reseal.core.state.key_knowledge import KnownKey
from reseal.core.state.kms_key import KeyDescription, KmsKey
from reseal.flow.delivery import Delivery
from tests.support.builders import (
    DEFAULT_MODES,
    ENFORCE_ALL,
    KEY_DELETION,
    TEAM_KEY,
    K,
    a_key,
    a_policy,
)
from tests.support.fakes.flows import key_flow
from tests.support.fakes.keys import FakeKms
from tests.support.fakes.services import NOON, FakeCloud
from tests.unit.core.calls.test_key_call import named, of_kms
from tests.unit.core.checks.keys.observed import ADMINISTERED

LISTED = a_policy(listed_keys=frozenset({TEAM_KEY}))
KEEPING = a_policy(listed_keys=frozenset({TEAM_KEY}), check_modes=ENFORCE_ALL)
"""A deployment that lists the team's key, and one that also cancels deletions."""

NOT_KEEPING = {
    "stack in detect mode": a_policy(
        listed_keys=frozenset({TEAM_KEY}), check_modes=ENFORCE_ALL, mode=Mode.DETECT
    ),
    "check in detect mode": a_policy(
        listed_keys=frozenset({TEAM_KEY}), check_modes=DEFAULT_MODES | {KEY_DELETION: Mode.DETECT}
    ),
}
DELETED_AT = NOON + timedelta(days=7)
DOOMED = a_key(state="PendingDeletion", deletion_date=DELETED_AT)
WAS_ENABLED = KnownKey(at=NOON - timedelta(hours=1), seen="Enabled", state="Enabled", period=180)


def call_on(key: str, name: str, **record: Any) -> str:
    """The event of a call on a key."""
    about = {
        "requestParameters": {"keyId": key},
        "responseElements": {"keyId": key},
        "resources": [named(key)],
    }
    return of_kms(name, **(about | record))


def scheduled(key: str = TEAM_KEY, **record: Any) -> str:
    return call_on(key, "ScheduleKeyDeletion", **record)


def a_look(key: str = TEAM_KEY, event_id: str = "look-1") -> str:
    return look_body(Look(event_id=event_id, time=NOON, resource=KeyResource(kms_key=key)))


@dataclass
class Stage:
    """The lane with the keys that a test names; without any, the team's key and K, both enabled."""

    policy: Policy = LISTED
    keys: tuple[KeyDescription, ...] = (a_key(), a_key(K))
    cloud: FakeCloud = field(init=False)
    kms: FakeKms = field(init=False)

    def __post_init__(self) -> None:
        known = {key.arn if isinstance(key, KmsKey) else key.named: key for key in self.keys}
        self.cloud = FakeCloud.holding({}, known)
        self.cloud.keys.policies.update(dict.fromkeys(known, ADMINISTERED))
        self.kms = FakeKms.on(self.cloud.keys, self.cloud.steps)

    def deliver(self, body: str, times: int = 1) -> EventResult | None:
        """Deliver the message for the `times`-th time. Raises what stopped it."""
        flow = key_flow(self.policy, self.cloud.services, self.kms.services, self.cloud.looks)
        invocation = f"invocation-{len(self.cloud.steps.taken)}"
        failures = flow.run({"m": Delivery(body=body, receive_count=times, invocation=invocation)})
        if failures:
            raise failures["m"]
        return self.cloud.telemetry.recorded[-1] if self.cloud.telemetry.recorded else None

    @property
    def reported(self) -> dict[str, tuple[str, str]]:
        """The severity and status of the last message's findings, by check."""
        return {f["check"]: (f["severity"], f["status"]) for f in self.cloud.topic.findings}

    def state(self, key: str = TEAM_KEY) -> str:
        found = self.cloud.keys.known[key]
        assert isinstance(found, KmsKey)
        return found.state
