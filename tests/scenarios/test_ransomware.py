"""Published ways to hold S3 data to ransom: their signs are one incident, raised with each new one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.scenarios.world import records
from tests.scenarios.world.aws.keys import Key
from tests.scenarios.world.names import BUCKET, STRANGER_KEY, TEAM_KEY, key_arn
from tests.scenarios.world.records import role
from tests.scenarios.world.world import World

Deploy = Callable[..., World]
OWN_KEY = key_arn("77777777-7777-7777-7777-777777777777")
LISTED = {"ApprovedKeys": TEAM_KEY}
"""Without a list, a write that names a key of the account is not delivered (docs/limits.md)."""
EVE, MALLORY = role("Eve"), role("Mallory")


def incidents(world: World) -> list[dict[str, Any]]:
    """The incident of each finding that has one, in the order in which they were published."""
    many = [finding["occurrences"] for finding in world.findings]
    return [found["incident"] for found in many if found and found["incident"]]


def signs(world: World) -> list[str]:
    """The timeline of the latest message about the incident."""
    return [sign["sign"] for sign in incidents(world)[-1]["signs"]]


def is_marked(world: World) -> bool:
    return world.messages[-1].subject.startswith("Reseal INCIDENT CRITICAL")


def unblocks(world: World, who: dict[str, Any]) -> None:
    world.sets_default("aws:kms", world.k.arn, blocked="NONE", bucket_key=True, userIdentity=who)


def puts(world: World, key: Key, who: dict[str, Any], *, name: str = "PutObject", to: str = "a") -> None:
    """Somebody's write leaves an object under this key."""
    asked = {
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": key.arn,
    }
    record = {"userIdentity": who} | ({} if name == "UpdateObjectEncryption" else {"asked": asked})
    world.happens(world.written(to, name=name, algorithm="aws:kms", key_id=key.arn, record=record))


def takes(world: World, name: str, key: Key, who: dict[str, Any]) -> None:
    """Somebody takes the key away: its deletion is scheduled, or its imported material deleted."""
    key.state = {"ScheduleKeyDeletion": "PendingDeletion"}.get(name, "PendingImport")
    if key.state == "PendingDeletion":
        key.deleted_at = world.clock.now() + timedelta(days=7)
    world.happens(records.key_call(name, key.arn, world.clock.now(), userIdentity=who))


def test_sse_c_after_it_was_unblocked(world: World) -> None:
    unblocks(world, EVE)
    world.wait(60)
    world.happens(world.written("a", algorithm="SSE-C", record={"userIdentity": EVE}))

    assert signs(world) == ["UNBLOCKED", "CUSTOMER_KEY"]
    assert incidents(world)[-1]["attack"] is True
    assert is_marked(world)


def test_copies_under_a_foreign_key_in_several_buckets(world: World) -> None:
    foreign = world.add_key(STRANGER_KEY)

    puts(world, foreign, EVE)
    world.wait(60)
    world.sets_default("aws:kms", STRANGER_KEY, bucket_key=True, userIdentity=MALLORY)

    assert signs(world) == ["FOREIGN_KEY", "FOREIGN_KEY"]
    assert {sign["who"].rpartition("/")[2] for sign in incidents(world)[-1]["signs"]} == {"Eve", "Mallory"}
    assert incidents(world)[-1]["attack"] is False  # one kind alone can be a migration


def test_imported_material_that_is_deleted_after_the_writes(deploy: Deploy) -> None:
    world = deploy(**LISTED)
    own = world.add_key(OWN_KEY, origin="EXTERNAL")

    puts(world, own, EVE)
    world.wait(60)
    takes(world, "DeleteImportedKeyMaterial", own, EVE)

    assert signs(world) == ["OUTSIDE_KEY", "KEY_TAKEN"]
    assert is_marked(world)


def test_objects_under_imported_material_are_no_sign_without_a_list(world: World) -> None:
    own = world.add_key(OWN_KEY, origin="EXTERNAL")

    puts(world, own, EVE)
    world.wait(60)
    takes(world, "DeleteImportedKeyMaterial", own, EVE)

    assert incidents(world) == []
    assert [(found["check"], found["severity"]) for found in world.findings] == [("KMS.KeyDisabled", "LOW")]


def test_default_under_imported_material_that_is_then_deleted(world: World) -> None:
    own = world.add_key(OWN_KEY, origin="EXTERNAL")
    world.sets_default("aws:kms", OWN_KEY, bucket_key=True, userIdentity=EVE)
    world.wait(60)

    takes(world, "DeleteImportedKeyMaterial", own, MALLORY)

    assert signs(world) == ["OUTSIDE_KEY", "KEY_TAKEN"]
    assert is_marked(world)


def test_update_object_encryption_to_an_own_key_with_imported_material(deploy: Deploy) -> None:
    world = deploy(**LISTED)
    own = world.add_key(OWN_KEY, origin="EXTERNAL")
    unblocks(world, EVE)
    world.wait(60)

    puts(world, own, EVE, name="UpdateObjectEncryption")

    assert signs(world) == ["UNBLOCKED", "OUTSIDE_KEY"]
    assert is_marked(world)


def test_deletion_that_is_scheduled_after_re_encryption_by_two_roles(deploy: Deploy) -> None:
    world = deploy(**LISTED)
    own = world.add_key(OWN_KEY, origin="EXTERNAL")
    unblocks(world, EVE)
    world.wait(60)
    puts(world, own, MALLORY)
    world.wait(60)

    takes(world, "ScheduleKeyDeletion", own, EVE)

    assert signs(world) == ["UNBLOCKED", "OUTSIDE_KEY", "KEY_TAKEN"]
    assert len({incident["id"] for incident in incidents(world)}) == 1
    assert [len(incident["signs"]) for incident in incidents(world)] == [2, 3]
    assert is_marked(world)
    (found,) = world.messages[-1].findings
    assert found["runbook"].endswith("#ransomware-incident")


def test_honest_deletion_of_a_key_in_use_is_no_incident(world: World) -> None:
    world.sets_default("aws:kms", TEAM_KEY, bucket_key=True)
    world.wait(60)

    takes(world, "ScheduleKeyDeletion", world.team_key, EVE)

    assert BUCKET in world.findings[-1]["reason"]
    assert incidents(world) == []


def test_signs_of_two_days_are_apart(world: World) -> None:
    own = world.add_key(OWN_KEY, origin="EXTERNAL")
    puts(world, own, EVE)
    world.wait(24 * 3600 + 1)

    takes(world, "ScheduleKeyDeletion", own, EVE)

    assert incidents(world) == []


def test_event_in_order_asks_nothing_about_signs(world: World) -> None:
    world.sets_default("aws:kms", world.k.arn, blocked="SSE-C", bucket_key=True)

    asked = [
        call.parameters["Key"]["id"]["S"] for call in world.account.calls if call.name == "dynamodb:GetItem"
    ]
    assert not any(item.startswith("sign#") for item in asked)
