"""The contract of `KeyManagement`, for the fake and for the adapter on the local cloud.

moto rotates every key and revives a key that is pending deletion, so it is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from reseal.aws.kms import KmsKeys
from reseal.aws.kms_management import KmsManagement
from reseal.core.errors import NotFoundError, RefusalError
from reseal.core.state.key_settings import KeyRotation
from reseal.core.state.kms_key import KmsKey
from reseal.ports import KeyManagement
from tests.contract.worlds.services import Backend, FakeKeyWorld
from tests.support.fakes.keys import FakeKeyManagement
from tests.support.fakes.services import FakeClock

NO_KEY = "arn:aws:kms:us-east-1:222233334444:key/0d9a4c1e-8f27-4b63-a5c0-71e2d3f4b5a6"


@dataclass
class World:
    """The port under test, a new key, and how to schedule its deletion and to read its state."""

    management: KeyManagement
    arn: str
    schedule: Callable[[], object]
    state: Callable[[], str]


def _fake() -> World:
    world = FakeKeyWorld()
    key = world.new_key()
    return World(
        management=FakeKeyManagement(world.keys),
        arn=key.arn,
        schedule=lambda: world.schedule_deletion(key),
        state=lambda: _state(world.keys.describe(key.arn)),
    )


def _on(backend: Backend) -> World:
    kms = backend.client("kms")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    keys = KmsKeys(kms, FakeClock())
    return World(
        management=KmsManagement(kms),
        arn=arn,
        schedule=lambda: kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7),
        state=lambda: _state(keys.describe(arn, max_age=0)),
    )


def _state(key: Any) -> str:
    assert isinstance(key, KmsKey)
    return key.state


@pytest.fixture(params=["fake", "local cloud"])
def world(request: pytest.FixtureRequest) -> World:
    return _fake() if request.param == "fake" else _on(request.getfixturevalue("cloud_backend"))


def test_new_key_does_not_rotate(world: World) -> None:
    assert world.management.read_rotation(world.arn) == KeyRotation(enabled=False)


def test_rotation_is_turned_on_with_its_period(world: World) -> None:
    world.management.enable_rotation(world.arn, 180)

    assert world.management.read_rotation(world.arn) == KeyRotation(enabled=True, period=180)


def test_cancelled_deletion_leaves_the_key_disabled_until_it_is_enabled(world: World) -> None:
    world.schedule()
    pending = world.state()

    world.management.cancel_deletion(world.arn)
    cancelled = world.state()
    world.management.enable(world.arn)

    assert (pending, cancelled, world.state()) == ("PendingDeletion", "Disabled", "Enabled")


def test_deletion_that_is_not_pending_cannot_be_cancelled(world: World) -> None:
    with pytest.raises(RefusalError):
        world.management.cancel_deletion(world.arn)


def test_key_that_waits_for_its_deletion_cannot_be_enabled_or_rotated(world: World) -> None:
    world.schedule()

    with pytest.raises(RefusalError):
        world.management.enable(world.arn)
    with pytest.raises(RefusalError):
        world.management.enable_rotation(world.arn, 365)


def test_key_that_was_never_used_has_no_last_use(world: World) -> None:
    assert world.management.read_last_use(world.arn).at is None


def test_missing_key_is_not_found(world: World) -> None:
    with pytest.raises(NotFoundError):
        world.management.read_rotation(NO_KEY)
