"""Multi-Region keys: a primary and its replicas (F17)."""

from collections.abc import Callable
from typing import Any

import pytest

from localcloud.client.handle import LocalCloud, LocalCloudError
from tests.cloud.localcloud.keys.refusals import refusal

HERE, THERE = "us-east-1", "eu-west-1"
Kms = Callable[[str], Any]


@pytest.fixture
def primary(make_key: Any) -> str:
    return str(make_key(MultiRegion=True))


@pytest.fixture
def replica(kms: Any, primary: str) -> str:
    answer = kms.replicate_key(KeyId=primary, ReplicaRegion=THERE)
    return str(answer["ReplicaKeyMetadata"]["Arn"])


def metadata(kms: Any, key: str) -> Any:
    return kms.describe_key(KeyId=key)["KeyMetadata"]


def test_members_share_an_id_that_tells_what_they_are(primary: str, replica: str) -> None:
    assert primary.rpartition("/")[2].startswith("mrk-")
    assert replica == primary.replace(HERE, THERE)


def test_members_know_each_other(kms: Any, kms_in: Kms, primary: str, replica: str) -> None:
    for found in (metadata(kms, primary), metadata(kms_in(THERE), replica)):
        configuration = found["MultiRegionConfiguration"]
        assert configuration["PrimaryKey"] == {"Arn": primary, "Region": HERE}
        assert configuration["ReplicaKeys"] == [{"Arn": replica, "Region": THERE}]


def test_replica_is_being_created_when_the_call_answers(kms: Any, kms_in: Kms, primary: str) -> None:
    answer = kms.replicate_key(KeyId=primary, ReplicaRegion=THERE)["ReplicaKeyMetadata"]

    assert (answer["KeyState"], answer["Enabled"]) == ("Creating", False)
    assert metadata(kms_in(THERE), answer["Arn"])["KeyState"] == "Enabled"


def test_disabled_primary_is_not_replicated(kms: Any, primary: str) -> None:
    kms.disable_key(KeyId=primary)

    act = lambda: kms.replicate_key(KeyId=primary, ReplicaRegion=THERE)  # noqa: E731
    assert refusal(act) == "DisabledException"


@pytest.mark.parametrize("call", ["enable_key_rotation", "disable_key_rotation", "rotate_key_on_demand"])
def test_replica_does_not_rotate_alone(kms_in: Kms, replica: str, call: str) -> None:
    assert refusal(lambda: getattr(kms_in(THERE), call)(KeyId=replica)) == "UnsupportedOperationException"


def test_replica_has_the_rotation_of_its_primary(kms: Any, kms_in: Kms, primary: str, replica: str) -> None:
    kms.enable_key_rotation(KeyId=primary, RotationPeriodInDays=120)
    kms.rotate_key_on_demand(KeyId=primary)

    status = kms_in(THERE).get_key_rotation_status(KeyId=replica)

    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 120)
    assert (
        metadata(kms_in(THERE), replica)["CurrentKeyMaterialId"]
        == metadata(kms, primary)["CurrentKeyMaterialId"]
    )


def test_primary_with_replicas_waits_for_their_end_without_a_date(
    kms: Any, primary: str, replica: str
) -> None:
    answer = kms.schedule_key_deletion(KeyId=primary, PendingWindowInDays=9)

    assert (answer["KeyState"], answer["PendingWindowInDays"]) == ("PendingReplicaDeletion", 9)
    assert "DeletionDate" not in answer
    found = metadata(kms, primary)
    assert (found["KeyState"], found["PendingDeletionWindowInDays"]) == ("PendingReplicaDeletion", 9)
    assert "DeletionDate" not in found
    assert refusal(lambda: kms.encrypt(KeyId=primary, Plaintext=b"x")) == "KMSInvalidStateException"


def test_scheduling_the_replica_is_not_enough_for_its_primary(
    local_cloud: LocalCloud, kms: Any, kms_in: Kms, primary: str, replica: str
) -> None:
    kms.schedule_key_deletion(KeyId=primary)

    kms_in(THERE).schedule_key_deletion(KeyId=replica)

    assert metadata(kms, primary)["KeyState"] == "PendingReplicaDeletion"
    with pytest.raises(LocalCloudError, match="PendingReplicaDeletion"):
        local_cloud.let_happen("deleted", primary)


def test_end_of_the_last_replica_begins_the_wait_of_its_primary(
    local_cloud: LocalCloud, kms: Any, kms_in: Kms, primary: str, replica: str
) -> None:
    kms.schedule_key_deletion(KeyId=primary)
    kms_in(THERE).schedule_key_deletion(KeyId=replica)

    local_cloud.let_happen("deleted", replica)

    found = metadata(kms, primary)
    assert (found["KeyState"], found["MultiRegionConfiguration"]["ReplicaKeys"]) == ("PendingDeletion", [])
    assert "DeletionDate" in found


def test_waiting_primary_can_be_cancelled(kms: Any, primary: str, replica: str) -> None:
    kms.schedule_key_deletion(KeyId=primary)

    kms.cancel_key_deletion(KeyId=primary)

    assert metadata(kms, primary)["KeyState"] == "Disabled"


def test_primary_and_replica_change_places(kms: Any, kms_in: Kms, primary: str, replica: str) -> None:
    kms.enable_key_rotation(KeyId=primary, RotationPeriodInDays=120)

    kms.update_primary_region(KeyId=primary, PrimaryRegion=THERE)

    configuration = metadata(kms, primary)["MultiRegionConfiguration"]
    assert (configuration["MultiRegionKeyType"], configuration["PrimaryKey"]["Arn"]) == ("REPLICA", replica)
    assert kms_in(THERE).get_key_rotation_status(KeyId=replica)["RotationPeriodInDays"] == 120
    assert refusal(lambda: kms.enable_key_rotation(KeyId=primary)) == "UnsupportedOperationException"


def test_primary_moves_only_to_a_replica(kms: Any, key_arn: str, primary: str) -> None:
    act = lambda key: kms.update_primary_region(KeyId=key, PrimaryRegion=THERE)  # noqa: E731

    assert refusal(lambda: act(primary)) == "NotFoundException"
    assert refusal(lambda: act(key_arn)) == "UnsupportedOperationException"
