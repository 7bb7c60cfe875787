"""What each state of a key permits, and which calls change it (F8, F16)."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localcloud.client.handle import LocalCloud, LocalCloudError
from tests.cloud.localcloud.keys.refusals import refusal


def state(kms: Any, key: str) -> str:
    return str(kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"])


def test_key_is_disabled_and_enabled(kms: Any, key_arn: str) -> None:
    kms.disable_key(KeyId=key_arn)
    disabled = state(kms, key_arn)
    kms.enable_key(KeyId=key_arn)

    assert (disabled, state(kms, key_arn)) == ("Disabled", "Enabled")


def test_scheduled_deletion_has_a_date(kms: Any, key_arn: str) -> None:
    answer = kms.schedule_key_deletion(KeyId=key_arn, PendingWindowInDays=7)

    assert (answer["KeyId"], answer["KeyState"], answer["PendingWindowInDays"]) == (
        key_arn,
        "PendingDeletion",
        7,
    )
    assert abs(answer["DeletionDate"] - datetime.now(UTC) - timedelta(days=7)) < timedelta(minutes=5)
    metadata = kms.describe_key(KeyId=key_arn)["KeyMetadata"]
    assert (metadata["Enabled"], metadata["DeletionDate"]) == (False, answer["DeletionDate"])


@pytest.mark.parametrize("days", [6, 31])
def test_waiting_period_out_of_range_is_refused(kms: Any, key_arn: str, days: int) -> None:
    act = lambda: kms.schedule_key_deletion(KeyId=key_arn, PendingWindowInDays=days)  # noqa: E731

    assert refusal(act) == "ValidationException"
    assert state(kms, key_arn) == "Enabled"


def test_cancelled_deletion_leaves_the_key_disabled(kms: Any, key_arn: str) -> None:
    kms.schedule_key_deletion(KeyId=key_arn)

    answer = kms.cancel_key_deletion(KeyId=key_arn)

    assert answer["KeyId"] == key_arn
    metadata = kms.describe_key(KeyId=key_arn)["KeyMetadata"]
    assert (metadata["KeyState"], metadata["Enabled"]) == ("Disabled", False)
    assert "DeletionDate" not in metadata


def test_cancelled_deletion_can_be_followed_by_enabling(kms: Any, key_arn: str) -> None:
    kms.schedule_key_deletion(KeyId=key_arn)
    kms.cancel_key_deletion(KeyId=key_arn)

    kms.enable_key(KeyId=key_arn)

    assert state(kms, key_arn) == "Enabled"


@pytest.mark.parametrize("disabled", [False, True], ids=["enabled", "disabled"])
def test_deletion_that_is_not_pending_cannot_be_cancelled(kms: Any, key_arn: str, disabled: bool) -> None:
    if disabled:
        kms.disable_key(KeyId=key_arn)
    before = state(kms, key_arn)

    assert refusal(lambda: kms.cancel_key_deletion(KeyId=key_arn)) == "KMSInvalidStateException"
    assert state(kms, key_arn) == before


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("enable_key", {}),
        ("disable_key", {}),
        ("schedule_key_deletion", {}),
        ("update_key_description", {"Description": "x"}),
        ("tag_resource", {"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
        ("encrypt", {"Plaintext": b"x"}),
    ],
)
def test_key_pending_deletion_refuses(kms: Any, key_arn: str, call: str, arguments: dict[str, Any]) -> None:
    kms.schedule_key_deletion(KeyId=key_arn)

    assert refusal(lambda: getattr(kms, call)(KeyId=key_arn, **arguments)) == "KMSInvalidStateException"
    assert state(kms, key_arn) == "PendingDeletion"


def test_key_pending_deletion_can_be_read_and_its_policy_changed(kms: Any, key_arn: str) -> None:
    policy = kms.get_key_policy(KeyId=key_arn)["Policy"]
    kms.schedule_key_deletion(KeyId=key_arn)

    kms.put_key_policy(KeyId=key_arn, Policy=policy)

    assert kms.get_key_policy(KeyId=key_arn)["PolicyName"] == "default"


@pytest.mark.parametrize("call", ["enable_key", "disable_key"])
def test_key_without_material_is_neither_enabled_nor_disabled(kms: Any, make_key: Any, call: str) -> None:
    key = make_key(Origin="EXTERNAL")

    assert refusal(lambda: getattr(kms, call)(KeyId=key)) == "KMSInvalidStateException"


def test_key_whose_material_expired_waits_for_new_material(
    local_cloud: LocalCloud, kms: Any, make_key: Any, import_material: Callable[[str], None]
) -> None:
    key = make_key(Origin="EXTERNAL")
    import_material(key)

    local_cloud.let_happen("expired", key)

    assert state(kms, key) == "PendingImport"


def test_alias_moves_away_from_a_key_pending_deletion_but_not_to_one(
    kms: Any, key_arn: str, make_key: Any
) -> None:
    alias, other = f"alias/a{uuid.uuid4().hex[:8]}", make_key()
    kms.create_alias(AliasName=alias, TargetKeyId=key_arn)
    kms.schedule_key_deletion(KeyId=key_arn)

    kms.update_alias(AliasName=alias, TargetKeyId=other)

    assert (
        refusal(lambda: kms.update_alias(AliasName=alias, TargetKeyId=key_arn)) == "KMSInvalidStateException"
    )


def test_key_is_gone_with_its_aliases_when_the_waiting_period_is_over(
    local_cloud: LocalCloud, kms: Any, key_arn: str
) -> None:
    alias = f"alias/a{uuid.uuid4().hex[:8]}"
    kms.create_alias(AliasName=alias, TargetKeyId=key_arn)
    kms.schedule_key_deletion(KeyId=key_arn)

    local_cloud.let_happen("deleted", key_arn)

    assert refusal(lambda: kms.describe_key(KeyId=key_arn)) == "NotFoundException"
    assert alias not in {found["AliasName"] for found in kms.list_aliases()["Aliases"]}


def test_key_that_is_not_pending_does_not_end(local_cloud: LocalCloud, key_arn: str) -> None:
    with pytest.raises(LocalCloudError, match="is Enabled"):
        local_cloud.let_happen("deleted", key_arn)


def test_key_of_another_account_cannot_be_managed(local_cloud: LocalCloud, kms: Any) -> None:
    owner = local_cloud.client("kms", local_cloud.account_root("222222222222"))
    open_to_all = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, '
        '"Action": "kms:*", "Resource": "*"}]}'
    )
    key = owner.create_key(Policy=open_to_all)["KeyMetadata"]["Arn"]

    assert refusal(lambda: kms.disable_key(KeyId=key)) == "NotFoundException"
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is False
