"""Amazon S3: read what a bucket does when an object in it is written, for the choice of method."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reseal.aws.errors import translated
from reseal.aws.s3.bucket_access import or_none

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_LISTS = ("TopicConfigurations", "QueueConfigurations", "LambdaFunctionConfigurations")


def is_versioned(client: S3Client, named: Any) -> bool:
    """Whether a write makes a version of its own. Suspended, it replaces the one called null (C35)."""
    with translated("s3:GetBucketVersioning"):
        return client.get_bucket_versioning(**named).get("Status") == "Enabled"


def notifies(client: S3Client, named: Any) -> bool:
    """Whether anything is told of writes (C13)."""
    with translated("s3:GetBucketNotification"):
        answer = client.get_bucket_notification_configuration(**named)
    to_event_bridge = "EventBridgeConfiguration" in answer  # empty where it is on, absent where it is off
    return to_event_bridge or any(answer.get(kind) for kind in _LISTS)


def has_acls(client: S3Client, named: Any) -> bool:
    """Whether ACLs are in force: a bucket of before April 2023 has no ownership controls, and has them."""
    with translated("s3:GetBucketOwnershipControls"):
        answer = or_none(
            lambda: client.get_bucket_ownership_controls(**named), "OwnershipControlsNotFoundError"
        )
    rules = answer["OwnershipControls"]["Rules"] if answer else []
    return all(rule["ObjectOwnership"] != "BucketOwnerEnforced" for rule in rules)
