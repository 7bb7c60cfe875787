"""The key function's settings and clients. What all functions share is in `test_enforce_bucket.py`."""

from __future__ import annotations

from types import ModuleType

import pytest

from reseal.core.calls.look import Look
from reseal.core.errors import SettingsError, TransientError
from reseal.core.resource import KeyResource
from reseal.runtime.settings import OF_KEYS, read_key_settings
from tests.support.builders import TEAM_KEY, K
from tests.support.fakes.services import NOON
from tests.unit.functions.handlers import batch, load_app
from tests.unit.functions.test_enforce_bucket import SETTINGS, FakeContext, FakeFlow, returned

OF_THE_LANE = SETTINGS | {
    "CHECK_MODES": ",".join(f"{check}=detect" for check in sorted(OF_KEYS)),
    "APPROVED_KEYS": TEAM_KEY.removeprefix("arn:"),
    "KEY_ROTATION_DAYS": "90",
    "SNAPSHOT_TABLE": "seen",
    "KEY_LOOK_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/looks",
    "BUCKET_LOOK_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/bucket-looks",
}


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    for name, value in OF_THE_LANE.items():
        monkeypatch.setenv(name, value)
    return load_app("enforce_key")


def test_settings_of_the_lane_are_read() -> None:
    settings = read_key_settings(OF_THE_LANE)

    assert settings.watched == {TEAM_KEY, K}
    assert settings.look_queue_url == OF_THE_LANE["KEY_LOOK_QUEUE_URL"]
    required = settings.settings.policy.for_(KeyResource(kms_key=TEAM_KEY))
    assert (required.rotation_days, required.check_modes.keys()) == (90, OF_KEYS)


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("KEY_ROTATION_DAYS", "89", "KEY_ROTATION_DAYS is '89', not a number of days from 90 to 2560"),
        ("KEY_ROTATION_DAYS", "2561", "from 90 to 2560"),
        ("SNAPSHOT_TABLE", "", "SNAPSHOT_TABLE is not set"),
        ("KEY_LOOK_QUEUE_URL", "", "KEY_LOOK_QUEUE_URL is not set"),
        ("BUCKET_LOOK_QUEUE_URL", "", "BUCKET_LOOK_QUEUE_URL is not set"),
        ("CHECK_MODES", SETTINGS["CHECK_MODES"], "CHECK_MODES has no mode for KMS.Alias"),
        ("MODE", "on", "MODE is 'on'"),
    ],
)
def test_wrong_setting_is_named(name: str, value: str, fault: str) -> None:
    with pytest.raises(SettingsError, match=fault):
        read_key_settings(OF_THE_LANE | {name: value})


def test_failed_message_goes_back_alone(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    flow = FakeFlow(fails={"b": TransientError("throttled")})
    monkeypatch.setattr(app, "flow", lambda: flow)

    assert returned(app.handler(batch("a", "b"), FakeContext())) == ["id-b"]


def test_every_client_of_the_lane_obeys_the_deadline(app: ModuleType) -> None:
    kind = app.flow().kind
    app.deadline.begin(lambda: 0.0)
    look = Look(event_id="look-1", time=NOON, resource=KeyResource(kms_key=TEAM_KEY))

    for call in (
        lambda: kind.services.keys.describe(K),
        lambda: kind.services.key_uses.buckets_of(K, NOON),
        lambda: kind.services.ledger.read_all(["key#1"]),
        lambda: kind.keys.management.read_rotation(K),
        lambda: kind.keys.known.read(K),
        lambda: kind.keys.looks.ask(look),
    ):
        with pytest.raises(TransientError, match="too little time is left"):
            call()


def test_the_flow_is_made_once(app: ModuleType) -> None:
    assert app.flow() is app.flow()
    assert app.flow().kind.watched == {TEAM_KEY, K}
