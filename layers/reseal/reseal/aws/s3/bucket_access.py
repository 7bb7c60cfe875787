"""Amazon S3: read who has access to a bucket, for the access guard, and the bucket's tags."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from json import loads
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from reseal.aws.errors import translated
from reseal.aws.s3.public_access import BLOCKS, IGNORES, RESTRICTS, PublicAccess
from reseal.core.access.iam_policy import may_be_public
from reseal.core.errors import RefusalError, TransientError
from reseal.core.state.bucket_access import EVERYONE, AclGrant, BucketAccess, ReplicationRule
from reseal.core.state.bucket_policy import BucketPolicy

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_T = TypeVar("_T")


def read_access(
    client: S3Client, bucket: str, account: str, public: PublicAccess, policy: BucketPolicy | None = None
) -> BucketAccess:
    """The bucket access, in four calls, or five if the bucket policy may name everyone.

    One less if the `policy` was read already. If the bucket is open to the public, one or two more: Block
    Public Access may shut it out.
    Raises RefusalError or TransientError.
    """
    named = {"Bucket": bucket, "ExpectedBucketOwner": account}
    access = _read_access(client, named, policy or read_policy(client, named))
    opened = _opened(access)
    shut = public.settings(bucket, opened) if opened else opened
    return replace(
        access,
        restricts_public_policy=RESTRICTS in shut,
        ignores_public_acls=IGNORES in shut,
        blocks_public_policy=BLOCKS in shut,
    )


def _opened(access: BucketAccess) -> frozenset[str]:
    """The settings that would shut out a public that has access, or keep its policy from being replaced."""
    by_acl = any(grant.grantee in EVERYONE for grant in access.acl)
    opened = {
        RESTRICTS: access.policy_is_public or access.serves_website,
        IGNORES: by_acl or access.serves_website,
        BLOCKS: access.policy_is_public,
    }
    return frozenset(name for name, is_open in opened.items() if is_open)


def _read_access(client: S3Client, named: Any, read: BucketPolicy) -> BucketAccess:
    policy = None if read.text is None else dict(loads(read.text))
    is_public = may_be_public(policy or {}) and _policy_is_public(client, named)
    website = _read_website(client, named)
    owner, grants = _read_acl(client, named)
    return BucketAccess(
        policy=policy,
        policy_is_public=is_public,
        serves_website=website is not None and "RedirectAllRequestsTo" not in website,
        has_website=website is not None,
        owner_id=owner,
        acl=grants,
        replication=_replication(client, named),
    )


def read_tags(client: S3Client, bucket: str, account: str) -> Mapping[str, str] | None:
    """The bucket's tags; None if they cannot be read. Raises nothing."""
    named = {"Bucket": bucket, "ExpectedBucketOwner": account}
    try:
        with translated("s3:GetBucketTagging"):
            answer = or_none(lambda: client.get_bucket_tagging(**named), "NoSuchTagSet")
    except (RefusalError, TransientError):
        return None
    return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]} if answer else {}


def read_policy(client: S3Client, named: Any) -> BucketPolicy:
    """The bucket policy as S3 stores it. Raises RefusalError or TransientError."""
    with translated("s3:GetBucketPolicy"):
        answer = or_none(lambda: client.get_bucket_policy(**named), "NoSuchBucketPolicy")
    return BucketPolicy(answer["Policy"]) if answer else BucketPolicy()


def _policy_is_public(client: S3Client, named: Any) -> bool:
    with translated("s3:GetBucketPolicyStatus"):
        answer = or_none(lambda: client.get_bucket_policy_status(**named), "NoSuchBucketPolicy")
    return bool(answer and answer["PolicyStatus"].get("IsPublic"))


def _read_website(client: S3Client, named: Any) -> Mapping[str, Any] | None:
    """The website configuration. One that redirects every request serves no objects."""
    with translated("s3:GetBucketWebsite"):
        return or_none(lambda: client.get_bucket_website(**named), "NoSuchWebsiteConfiguration")


def _read_acl(client: S3Client, named: Any) -> tuple[str | None, tuple[AclGrant, ...]]:
    """The canonical user id of the owner, and the grants to others."""
    with translated("s3:GetBucketAcl"):
        answer = client.get_bucket_acl(**named)
    owner = answer["Owner"].get("ID")
    grants = ((grant["Grantee"], grant["Permission"]) for grant in answer["Grants"])
    return owner, tuple(
        AclGrant(grantee=grantee.get("URI") or grantee.get("ID", ""), permission=permission)
        for grantee, permission in grants
        if "URI" in grantee or grantee.get("ID") != owner
    )


def _replication(client: S3Client, named: Any) -> tuple[ReplicationRule, ...]:
    with translated("s3:GetReplicationConfiguration"):
        absent = "ReplicationConfigurationNotFoundError"
        answer = or_none(lambda: client.get_bucket_replication(**named), absent)
    rules = answer["ReplicationConfiguration"]["Rules"] if answer else []
    return tuple(
        ReplicationRule(
            id=rule.get("ID", ""),
            enabled=rule["Status"] == "Enabled",
            takes_kms_objects=_selects_kms_objects(rule),
            account=rule["Destination"].get("Account"),
            key_id=rule["Destination"].get("EncryptionConfiguration", {}).get("ReplicaKmsKeyID"),
        )
        for rule in rules
    )


def _selects_kms_objects(rule: Any) -> bool:
    selected = rule.get("SourceSelectionCriteria", {}).get("SseKmsEncryptedObjects", {})
    return bool(selected.get("Status") == "Enabled")


def or_none(call: Callable[[], _T], *absent: str) -> _T | None:
    """The answer, or None if S3 answers with one of these codes that there is no such configuration."""
    try:
        return call()
    except ClientError as error:
        if error.response["Error"]["Code"] in absent:
            return None
        raise
