"""The scenes about KMS keys: who lays hands on which key, and the expected result."""

from __future__ import annotations

from typing import Any

from demo.scene import End, Group, Scene
from demo.world import World

ROTATION, DELETION, DISABLED = "KMS.KeyRotation", "KMS.KeyDeletion", "KMS.KeyDisabled"
DEFAULT = "S3.BucketDefaultEncryption"


def _switch_rotation_off(_s3: Any, world: World) -> None:
    world.key_people["key-admin"].disable_key_rotation(KeyId=world.key)


def _schedule_deletion(_s3: Any, world: World) -> None:
    world.key_people["key-admin"].schedule_key_deletion(KeyId=world.team_key, PendingWindowInDays=7)


def _take_a_bucket(s3: Any, world: World) -> None:
    """Put a bucket under a key; after Reseal has processed that event, delete the key's imported material."""
    world.arrivals.poll()
    since = len(world.arrivals.lines)
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": world.imported_key}
    blocked = {"BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}}
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True, **blocked}
    s3.put_bucket_encryption(Bucket="invoices", ServerSideEncryptionConfiguration={"Rules": [rule]})
    world.arrivals.wait_for_lines("invoices", "PutBucketEncryption", since=since)
    world.key_people["eve"].delete_imported_key_material(KeyId=world.imported_key)


KEY_GROUPS = (
    Group(
        "KMS keys",
        (
            Scene(
                title="switches the rotation of the remediation key off",
                who="key-admin",
                bucket="",
                kms_key="key",
                act=_switch_rotation_off,
                calls=("DisableKeyRotation",),
                end=End.REMEDIATED,
                findings=((ROTATION, "HIGH", "REMEDIATED"),),
            ),
            Scene(
                title="schedules the deletion of the team's key, which a bucket names",
                who="key-admin",
                bucket="",
                kms_key="team_key",
                act=_schedule_deletion,
                calls=("ScheduleKeyDeletion",),
                end=End.UNCHANGED,
                findings=((DELETION, "CRITICAL", "MANUAL"),),
                reason="used by 1 known bucket: analytics",
            ),
            Scene(
                title="puts a bucket under a key with imported material, then deletes the material",
                who="eve",
                bucket="invoices",
                kms_key="imported_key",
                act=_take_a_bucket,
                calls=("DeleteImportedKeyMaterial",),
                end=End.UNCHANGED,
                findings=((DEFAULT, "CRITICAL", "MANUAL"), (DISABLED, "CRITICAL", "MANUAL")),
                reason="one of 4 signs of ransomware within a day",
            ),
        ),
    ),
)
