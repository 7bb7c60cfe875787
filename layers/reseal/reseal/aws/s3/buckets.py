"""Amazon S3: read and write a bucket's default encryption, and read its access and configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from reseal.aws.cache import TtlCache
from reseal.aws.errors import translated
from reseal.aws.s3.bucket_access import read_access, read_policy, read_tags
from reseal.aws.s3.bucket_context import has_acls, is_versioned, notifies
from reseal.aws.s3.public_access import ControlClient, PublicAccess
from reseal.core.errors import RefusalError
from reseal.core.state.bucket_encryption import NEVER_CONFIGURED, BucketEncryption
from reseal.core.state.s3_object import BucketContext

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mypy_boto3_s3 import S3Client

    from reseal.core.state.bucket_access import BucketAccess
    from reseal.core.state.bucket_policy import BucketPolicy
    from reseal.ports import Clock

READ = "s3:GetEncryptionConfiguration"
WRITE = "s3:PutEncryptionConfiguration"
LIST = "s3:ListAllMyBuckets"

CONTEXT_SECONDS = 5.0
"""How long a bucket context is cached: the objects of a batch share it."""

TAGS_SECONDS = 120.0
"""How long tags are cached. They are information only."""

_CONFLICT_PAUSES = (0.5, 1.0, 2.0)


class S3Buckets:
    """`Buckets` on Amazon S3. Every call names the account that must own the bucket (C16).

    Without `control` the account's Block Public Access is unknown.
    """

    def __init__(
        self, client: S3Client, account: str, clock: Clock, control: ControlClient | None = None
    ) -> None:
        self._client, self._account = client, account
        self._clock = clock
        self._public = PublicAccess(client=client, control=control, account=account)
        self._contexts: TtlCache[BucketContext] = TtlCache(clock, CONTEXT_SECONDS)
        self._tags: TtlCache[Mapping[str, str] | None] = TtlCache(clock, TAGS_SECONDS)
        stay_in_region(client)
        retry_conflicts(client)

    def read_encryption(self, bucket: str) -> BucketEncryption:
        """The rule as stored. No configuration, an answer from before 2023, means SSE-S3 (E1, E3)."""
        with translated(READ):
            try:
                answer = self._client.get_bucket_encryption(Bucket=bucket, ExpectedBucketOwner=self._account)
            except ClientError as error:
                if error.response["Error"]["Code"] != "ServerSideEncryptionConfigurationNotFoundError":
                    raise
                return NEVER_CONFIGURED
        return _parse(answer["ServerSideEncryptionConfiguration"]["Rules"])

    def read_created(self, bucket: str) -> datetime | None:
        """The creation date in the list of the account's buckets; None if it is denied or not listed yet.

        The list is in the order of the names, so the bucket itself comes first.
        """
        try:
            with translated(LIST):
                listed = self._client.list_buckets(Prefix=bucket, MaxBuckets=1)["Buckets"]
        except RefusalError:
            return None
        return next((one["CreationDate"] for one in listed if one["Name"] == bucket), None)

    def read_policy(self, bucket: str) -> BucketPolicy:
        """The bucket's policy now."""
        return read_policy(self._client, {"Bucket": bucket, "ExpectedBucketOwner": self._account})

    def read_access(self, bucket: str, policy: BucketPolicy | None = None) -> BucketAccess:
        """Who has access to the bucket now."""
        return read_access(self._client, bucket, self._account, self._public, policy)

    def read_context(self, bucket: str) -> BucketContext:
        """The bucket context, at most five seconds old."""
        return self._contexts.get(bucket, lambda: self._read_context(bucket))

    def read_tags(self, bucket: str) -> Mapping[str, str] | None:
        """The bucket's tags, at most two minutes old; None if they cannot be read."""
        return self._tags.get(bucket, lambda: read_tags(self._client, bucket, self._account))

    def put_encryption(self, bucket: str, encryption: BucketEncryption) -> None:
        """Replace the whole rule with `encryption` (E4, E5)."""
        with translated(WRITE):
            self._client.put_bucket_encryption(
                Bucket=bucket,
                ExpectedBucketOwner=self._account,
                ServerSideEncryptionConfiguration=encryption.to_s3(),  # type: ignore[arg-type]  # plain JSON
            )

    def _read_context(self, bucket: str) -> BucketContext:
        named = {"Bucket": bucket, "ExpectedBucketOwner": self._account}
        return BucketContext(
            read_at=self._clock.now(),
            access=self.read_access(bucket),
            bucket_key=self.read_encryption(bucket).bucket_key,
            versioned=is_versioned(self._client, named),
            notifies=notifies(self._client, named),
            has_acls=has_acls(self._client, named),
        )


def _parse(rules: list[Any]) -> BucketEncryption:
    if len(rules) != 1:  # E4: S3 accepts exactly one
        raise RefusalError("UnexpectedRules", READ, f"S3 answered {len(rules)} rules where it documents one")
    rule = rules[0]
    default = rule.get("ApplyServerSideEncryptionByDefault", {})
    blocked = rule.get("BlockedEncryptionTypes", {}).get("EncryptionType")
    return BucketEncryption(
        algorithm=default.get("SSEAlgorithm", NEVER_CONFIGURED.algorithm),
        key_id=default.get("KMSMasterKeyID"),
        bucket_key=rule.get("BucketKeyEnabled", False),
        blocked=None if blocked is None else tuple(blocked),
    )


def stay_in_region(client: S3Client) -> None:
    """Stop boto3 from following S3's redirects to another Region.

    A redirect would silently set this Region's key on another Region's bucket. botocore has no setting
    for this, so each request is marked as already redirected before botocore's redirector runs.
    """
    client.meta.events.register_last("before-parameter-build.s3", _mark_redirected)


def _mark_redirected(context: dict[str, Any], **_: object) -> None:
    context.setdefault("s3_redirect", {})["redirected"] = True


def retry_conflicts(client: S3Client) -> None:
    """Let botocore's retry loop also retry OperationAborted, which it does not treat as transient."""
    client.meta.events.register_last("needs-retry.s3", _pause_on_conflict)  # type: ignore[arg-type]  # it may answer


def _pause_on_conflict(response: Any, attempts: int, **_: object) -> float | None:
    code = response[1].get("Error", {}).get("Code") if response else None
    if code != "OperationAborted" or attempts > len(_CONFLICT_PAUSES):
        return None
    return _CONFLICT_PAUSES[attempts - 1]
