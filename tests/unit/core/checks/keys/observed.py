"""Keys as the key lane observes them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from reseal.core.checks.keys.observed_key import ObservedKey
from reseal.core.resource import KeyResource
from reseal.core.state.key_knowledge import KnownKey
from reseal.core.state.key_settings import KeyRotation
from reseal.core.state.kms_key import KmsKey
from tests.support.builders import TEAM_KEY, K, a_key, requirements
from tests.support.fakes.services import NOON

OFF, YEARLY = KeyRotation(enabled=False), KeyRotation(enabled=True, period=365)
LISTED = requirements(listed_keys=frozenset({TEAM_KEY}))
"""A deployment that lists the team's key."""

ENABLED_BEFORE = KnownKey(at=NOON - timedelta(hours=1), seen="Enabled", state="Enabled", period=180)
ADMINISTERED = {
    "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
}


def a_doomed_key(arn: str = TEAM_KEY, **facts: Any) -> KmsKey:
    return a_key(arn, state="PendingDeletion", deletion_date=NOON + timedelta(days=7), **facts)


def observed(key: Any = None, **facts: Any) -> ObservedKey:
    """By default the team's key, enabled, without rotation, of which no use is known."""
    key = a_key() if key is None else key
    arn = key.arn if isinstance(key, KmsKey) else key.named
    return ObservedKey(
        read_at=NOON, resource=KeyResource(kms_key=arn), key=key, **({"rotation": OFF} | facts)
    )


def of_the_stack(**facts: Any) -> ObservedKey:
    """The remediation key."""
    return observed(a_key(K), **facts)
