"""Amazon S3: read the bucket configuration that limits how an object can be re-encrypted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reseal.aws.errors import translated
from reseal.aws.s3.bucket_access import or_none

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_LISTS = ("TopicConfigurations", "QueueConfigurations", "LambdaFunctionConfigurations")


def is_versioned(client: S3Client, named: Any) -> bool:
    """Whether a write makes a new version. With versioning suspended it replaces the null version (C35)."""
    with translated("s3:GetBucketVersioning"):
        return client.get_bucket_versioning(**named).get("Status") == "Enabled"


def notifies(client: S3Client, named: Any) -> bool:
    """Whether the bucket sends event notifications (C13)."""
    with translated("s3:GetBucketNotification"):
        answer = client.get_bucket_notification_configuration(**named)
    to_event_bridge = "EventBridgeConfiguration" in answer  # empty if it is on, absent if it is off
    return to_event_bridge or any(answer.get(kind) for kind in _LISTS)


def has_acls(client: S3Client, named: Any) -> bool:
    """Whether ACLs are enabled. They are if a bucket, from before April 2023, has no ownership controls."""
    with translated("s3:GetBucketOwnershipControls"):
        answer = or_none(
            lambda: client.get_bucket_ownership_controls(**named), "OwnershipControlsNotFoundError"
        )
    rules = answer["OwnershipControls"]["Rules"] if answer else []
    return all(rule["ObjectOwnership"] != "BucketOwnerEnforced" for rule in rules)
