"""The exact requests about the rotation and the state of keys, and how their answers are read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reseal.aws.kms import KmsKeys
from reseal.aws.kms_management import KmsManagement
from reseal.core.errors import AccessDeniedError, NotFoundError, RefusalError, TransientError
from reseal.core.state.key_knowledge import LastUse
from reseal.core.state.key_settings import KeyRotation
from reseal.core.state.kms_key import KmsKey
from tests.support.builders import TEAM_KEY, key_arn
from tests.support.fakes.services import NOON, FakeClock
from tests.support.fakes.stubs import stubbed

TRACKED_SINCE = datetime(2026, 4, 23, tzinfo=UTC)
BY_ARN = {"KeyId": TEAM_KEY}
CALLS: dict[str, tuple[str, str, Callable[[KmsManagement], object]]] = {
    "read rotation": (
        "get_key_rotation_status",
        "kms:GetKeyRotationStatus",
        lambda kms: kms.read_rotation(TEAM_KEY),
    ),
    "read last use": ("get_key_last_usage", "kms:GetKeyLastUsage", lambda kms: kms.read_last_use(TEAM_KEY)),
    "enable rotation": (
        "enable_key_rotation",
        "kms:EnableKeyRotation",
        lambda kms: kms.enable_rotation(TEAM_KEY, 180),
    ),
    "cancel": ("cancel_key_deletion", "kms:CancelKeyDeletion", lambda kms: kms.cancel_deletion(TEAM_KEY)),
    "enable": ("enable_key", "kms:EnableKey", lambda kms: kms.enable(TEAM_KEY)),
}
each_call = pytest.mark.parametrize(("operation", "action", "call"), CALLS.values(), ids=CALLS)


@pytest.mark.parametrize(
    ("answer", "rotation"),
    [
        ({"KeyRotationEnabled": True, "RotationPeriodInDays": 90}, KeyRotation(enabled=True, period=90)),
        ({"KeyRotationEnabled": False}, KeyRotation(enabled=False)),
        ({"KeyRotationEnabled": False, "RotationPeriodInDays": 90}, KeyRotation(enabled=False, period=90)),
    ],
)
def test_rotation_is_read(answer: dict[str, Any], rotation: KeyRotation) -> None:
    with stubbed("kms") as (client, stub):
        stub.add_response("get_key_rotation_status", answer, BY_ARN)

        assert KmsManagement(client).read_rotation(TEAM_KEY) == rotation


@pytest.mark.parametrize(
    ("created", "use", "last_use"),
    [
        (
            TRACKED_SINCE,
            {"Timestamp": NOON, "Operation": "Decrypt", "CloudTrailEventId": "e-1"},
            LastUse(at=NOON, operation="Decrypt", event_id="e-1", tracked=True),
        ),
        (TRACKED_SINCE, {}, LastUse(tracked=True)),
        (TRACKED_SINCE - timedelta(seconds=1), {}, LastUse()),
    ],
    ids=["used", "not used since it was created", "older than tracking"],
)
def test_last_use_is_read(created: datetime, use: dict[str, Any], last_use: LastUse) -> None:
    answer = {"KeyLastUsage": use, "TrackingStartDate": TRACKED_SINCE, "KeyCreationDate": created}
    with stubbed("kms") as (client, stub):
        stub.add_response("get_key_last_usage", answer, BY_ARN)

        assert KmsManagement(client).read_last_use(TEAM_KEY) == last_use


@pytest.mark.parametrize(
    ("operation", "sent", "call"),
    [
        ("enable_key_rotation", BY_ARN | {"RotationPeriodInDays": 180}, CALLS["enable rotation"][2]),
        ("cancel_key_deletion", BY_ARN, CALLS["cancel"][2]),
        ("enable_key", BY_ARN, CALLS["enable"][2]),
    ],
)
def test_write_names_the_key_by_its_arn(operation: str, sent: dict[str, Any], call: Any) -> None:
    with stubbed("kms") as (client, stub):
        stub.add_response(operation, {}, sent)

        call(KmsManagement(client))

        stub.assert_no_pending_responses()


@each_call
@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("AccessDeniedException", 400, AccessDeniedError),
        ("NotFoundException", 400, NotFoundError),
        ("KMSInvalidStateException", 409, RefusalError),
        ("UnsupportedOperationException", 400, RefusalError),
        ("ThrottlingException", 400, TransientError),
        ("KMSInternalException", 500, TransientError),
        ("DependencyTimeoutException", 500, TransientError),
    ],
)
def test_refusal_is_translated_and_names_the_action(
    operation: str, action: str, call: Any, code: str, status: int, error: type[Exception]
) -> None:
    with stubbed("kms") as (client, stub):
        stub.add_client_error(operation, code, http_status_code=status)

        with pytest.raises(error, match=f"{action}: {code}"):
            call(KmsManagement(client))


METADATA = {
    "KeyId": "k",
    "Arn": TEAM_KEY,
    "KeyState": "Enabled",
    "KeyManager": "CUSTOMER",
    "KeySpec": "SYMMETRIC_DEFAULT",
    "KeyUsage": "ENCRYPT_DECRYPT",
    "Origin": "AWS_KMS",
}
PRIMARY = key_arn("mrk-1", region="eu-west-1")


@pytest.mark.parametrize(
    ("metadata", "found"),
    [
        ({}, (None, None, None)),
        ({"DeletionDate": NOON}, (NOON, None, None)),
        ({"ValidTo": NOON}, (None, None, NOON)),
        (
            {
                "MultiRegionConfiguration": {
                    "MultiRegionKeyType": "REPLICA",
                    "PrimaryKey": {"Arn": PRIMARY, "Region": "eu-west-1"},
                }
            },
            (None, PRIMARY, None),
        ),
        (
            {
                "MultiRegionConfiguration": {
                    "MultiRegionKeyType": "PRIMARY",
                    "PrimaryKey": {"Arn": PRIMARY, "Region": "eu-west-1"},
                }
            },
            (None, None, None),
        ),
    ],
    ids=["plain", "pending deletion", "imported", "replica", "primary"],
)
def test_key_is_described_with_its_dates_and_its_primary(
    metadata: dict[str, Any], found: tuple[Any, Any, Any]
) -> None:
    with stubbed("kms") as (client, stub):
        stub.add_response("describe_key", {"KeyMetadata": METADATA | metadata}, BY_ARN)

        key = KmsKeys(client, FakeClock()).describe(TEAM_KEY)

    assert isinstance(key, KmsKey)
    assert (key.deletion_date, key.primary, key.valid_to) == found
