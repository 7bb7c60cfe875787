"""Rotation by kind of key and state, as KMS documents it (F1 to F4)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localcloud.client.handle import Credentials, LocalCloud
from tests.cloud.localcloud.keys.refusals import refusal

SIGNING = {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}
CURVE = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}
HMAC = {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}
ROTATION_CALLS = ("enable_key_rotation", "disable_key_rotation", "rotate_key_on_demand")


@pytest.mark.parametrize("call", ROTATION_CALLS)
@pytest.mark.parametrize("kind", [SIGNING, CURVE, HMAC], ids=["RSA", "elliptic curve", "HMAC"])
def test_only_symmetric_keys_rotate(kms: Any, make_key: Any, kind: dict[str, str], call: str) -> None:
    key = make_key(**kind)

    assert refusal(lambda: getattr(kms, call)(KeyId=key)) == "UnsupportedOperationException"


@pytest.mark.parametrize("call", ["enable_key_rotation", "disable_key_rotation", "get_key_rotation_status"])
@pytest.mark.parametrize("imported", [False, True], ids=["pending import", "imported"])
def test_keys_of_external_origin_do_not_rotate_by_themselves(
    kms: Any, make_key: Any, import_material: Callable[[str], None], imported: bool, call: str
) -> None:
    key = make_key(Origin="EXTERNAL")
    if imported:
        import_material(key)

    assert refusal(lambda: getattr(kms, call)(KeyId=key)) == "UnsupportedOperationException"


@pytest.mark.parametrize("call", [*ROTATION_CALLS, "get_key_rotation_status"])
@pytest.mark.parametrize("origin", ["AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"])
def test_keys_in_custom_key_stores_do_not_rotate(kms: Any, make_key: Any, origin: str, call: str) -> None:
    key = make_key(Origin=origin, CustomKeyStoreId="cks-1234567890abcdef0")

    assert kms.describe_key(KeyId=key)["KeyMetadata"]["Origin"] == origin
    assert refusal(lambda: getattr(kms, call)(KeyId=key)) == "UnsupportedOperationException"


def test_imported_key_rotates_on_demand_only_to_material_imported_before(
    kms: Any, make_key: Any, import_material: Callable[[str], None]
) -> None:
    key = make_key(Origin="EXTERNAL")
    import_material(key)

    assert refusal(lambda: kms.rotate_key_on_demand(KeyId=key)) == "KMSInvalidStateException"


@pytest.mark.parametrize("call", ROTATION_CALLS)
def test_disabled_key_refuses_rotation(kms: Any, key_arn: str, call: str) -> None:
    kms.disable_key(KeyId=key_arn)

    assert refusal(lambda: getattr(kms, call)(KeyId=key_arn)) == "DisabledException"


@pytest.mark.parametrize("call", ROTATION_CALLS)
def test_key_pending_deletion_refuses_rotation(kms: Any, key_arn: str, call: str) -> None:
    kms.schedule_key_deletion(KeyId=key_arn)

    assert refusal(lambda: getattr(kms, call)(KeyId=key_arn)) == "KMSInvalidStateException"


@pytest.mark.parametrize("days", [90, 365, 2560])
def test_status_shows_period_and_next_date(kms: Any, key_arn: str, days: int) -> None:
    kms.enable_key_rotation(KeyId=key_arn, RotationPeriodInDays=days)

    status = kms.get_key_rotation_status(KeyId=key_arn)

    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, days)
    assert status["KeyId"] == key_arn.rpartition("/")[2]
    expected = datetime.now(UTC) + timedelta(days=days)
    assert abs(status["NextRotationDate"] - expected) < timedelta(minutes=5)


@pytest.mark.parametrize("days", [1, 89, 2561])
def test_period_out_of_range_is_refused(
    local_cloud: LocalCloud, user: Credentials, kms: Any, key_arn: str, days: int
) -> None:
    unchecked = local_cloud.client("kms", user, parameter_validation=False)

    act = lambda: unchecked.enable_key_rotation(KeyId=key_arn, RotationPeriodInDays=days)  # noqa: E731

    assert refusal(act) == "ValidationException"
    assert kms.get_key_rotation_status(KeyId=key_arn)["KeyRotationEnabled"] is False


def test_default_period_is_a_year(kms: Any, key_arn: str) -> None:
    kms.enable_key_rotation(KeyId=key_arn)

    assert kms.get_key_rotation_status(KeyId=key_arn)["RotationPeriodInDays"] == 365


@pytest.mark.parametrize("kind", [{}, SIGNING, HMAC], ids=["symmetric", "RSA", "HMAC"])
def test_status_without_rotation_shows_neither_period_nor_date(
    kms: Any, make_key: Any, kind: dict[str, str]
) -> None:
    key = make_key(**kind)

    status = kms.get_key_rotation_status(KeyId=key)

    assert status.keys() - {"ResponseMetadata"} == {"KeyId", "KeyRotationEnabled"}
    assert status["KeyRotationEnabled"] is False


def test_status_is_false_while_deletion_is_pending_and_comes_back_with_its_cancellation(
    kms: Any, key_arn: str
) -> None:
    kms.enable_key_rotation(KeyId=key_arn, RotationPeriodInDays=180)
    kms.schedule_key_deletion(KeyId=key_arn)

    pending = kms.get_key_rotation_status(KeyId=key_arn)
    kms.cancel_key_deletion(KeyId=key_arn)
    cancelled = kms.get_key_rotation_status(KeyId=key_arn)

    assert pending["KeyRotationEnabled"] is False
    assert (cancelled["KeyRotationEnabled"], cancelled["RotationPeriodInDays"]) == (True, 180)


def test_status_of_a_disabled_key_stays(kms: Any, key_arn: str) -> None:
    kms.enable_key_rotation(KeyId=key_arn)
    kms.disable_key(KeyId=key_arn)

    assert kms.get_key_rotation_status(KeyId=key_arn)["KeyRotationEnabled"] is True


def test_keys_managed_by_aws_rotate(kms: Any, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms")

    managed = s3.head_object(Bucket=bucket, Key="k")["SSEKMSKeyId"]

    assert kms.get_key_rotation_status(KeyId=managed)["KeyRotationEnabled"] is True


def test_rotation_on_demand_gives_new_material_and_keeps_the_schedule(kms: Any, key_arn: str) -> None:
    kms.enable_key_rotation(KeyId=key_arn)
    ciphertext = kms.encrypt(KeyId=key_arn, Plaintext=b"x")["CiphertextBlob"]
    before = kms.describe_key(KeyId=key_arn)["KeyMetadata"]["CurrentKeyMaterialId"]
    due = kms.get_key_rotation_status(KeyId=key_arn)["NextRotationDate"]

    answer = kms.rotate_key_on_demand(KeyId=key_arn)

    assert answer["KeyId"] == key_arn.rpartition("/")[2]
    assert kms.describe_key(KeyId=key_arn)["KeyMetadata"]["CurrentKeyMaterialId"] != before
    assert kms.get_key_rotation_status(KeyId=key_arn)["NextRotationDate"] == due
    assert kms.decrypt(CiphertextBlob=ciphertext)["Plaintext"] == b"x"


def test_rotation_on_demand_needs_no_automatic_rotation(kms: Any, key_arn: str) -> None:
    kms.rotate_key_on_demand(KeyId=key_arn)

    (rotation,) = kms.list_key_rotations(KeyId=key_arn)["Rotations"]
    assert (rotation["RotationType"], rotation["KeyMaterialState"]) == ("ON_DEMAND", "CURRENT")
    assert rotation["KeyMaterialId"] == kms.describe_key(KeyId=key_arn)["KeyMetadata"]["CurrentKeyMaterialId"]


def test_key_rotates_on_demand_25_times(kms: Any, key_arn: str) -> None:
    for _ in range(25):
        kms.rotate_key_on_demand(KeyId=key_arn)

    assert refusal(lambda: kms.rotate_key_on_demand(KeyId=key_arn)) == "LimitExceededException"


def test_automatic_rotation_is_listed_as_such(local_cloud: LocalCloud, kms: Any, key_arn: str) -> None:
    kms.enable_key_rotation(KeyId=key_arn)

    local_cloud.let_happen("rotated", key_arn)

    rotations = kms.list_key_rotations(KeyId=key_arn)["Rotations"]
    assert [rotation["RotationType"] for rotation in rotations] == ["AUTOMATIC"]


@pytest.mark.parametrize("call", [*ROTATION_CALLS, "get_key_rotation_status", "get_key_last_usage"])
def test_management_calls_take_no_alias(kms: Any, key_arn: str, call: str) -> None:
    alias = f"alias/{key_arn.rpartition('/')[2]}"
    kms.create_alias(AliasName=alias, TargetKeyId=key_arn)

    assert refusal(lambda: getattr(kms, call)(KeyId=alias)) == "NotFoundException"
