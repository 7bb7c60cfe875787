"""Amazon S3: read single objects, and change their encryption."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from reseal.aws.errors import translated
from reseal.aws.s3.buckets import retry_conflicts, stay_in_region
from reseal.aws.s3.copies import S3Copies
from reseal.aws.s3.heads import named, of_object, parse_acl, parse_head
from reseal.aws.s3.parts import SECONDS_KEPT, S3Parts
from reseal.core.errors import AccessDeniedError, CustomerKeyError
from reseal.core.repairs.objects.parts import PART_SIZE
from reseal.core.state.s3_object import Listed

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_s3 import S3Client

    from reseal.core.state.object_encryption import ObjectEncryption
    from reseal.core.state.s3_object import ObjectAcl, ObservedObject

UPDATE = "s3:UpdateObjectEncryption"
_REFUSED = frozenset({"400", "403"})


class S3Objects:
    """`Objects` on Amazon S3. Every call names the account that must own the bucket (C16).

    `copying` is the client for the calls that copy, which take longer, if they have their own.
    """

    def __init__(
        self,
        client: S3Client,
        account: str,
        logger: Logger,
        *,
        copying: S3Client | None = None,
        part_size: int = PART_SIZE,
        seconds_kept: float = SECONDS_KEPT,
    ) -> None:
        self._client, self._account = client, account
        self._copies = S3Copies(copying or client, account, self.read)
        self._parts = S3Parts(
            client, account, self._copies, logger, part_size=part_size, seconds_kept=seconds_kept
        )
        self._owner: str | None = None
        self._asking_owner = Lock()
        for each in {client, copying or client}:
            stay_in_region(each)
            retry_conflicts(each)

    def read(self, bucket: str, key: str, version_id: str | None) -> ObservedObject:
        """The object as HeadObject shows it, requested without SSE headers, which S3 would refuse (C22).

        The checksum of a KMS object needs the KMS key (C23), which may be disabled or belong to another
        account. S3 then refuses the call, and it is repeated without the checksum.
        """
        action = _action("s3:GetObject", version_id)
        name = named(bucket, key, version_id, self._account)
        with of_object(action):
            try:
                answer: Mapping[str, Any] = self._client.head_object(**name, ChecksumMode="ENABLED")
            except ClientError as error:
                if error.response["Error"]["Code"] not in _REFUSED:
                    raise
                answer = self._head_without_checksum(action, name)
        return parse_head(bucket, key, version_id, answer)

    def read_listed(self, bucket: str, key: str) -> Listed | None:
        """The object in a list with its key as the prefix: S3 lists keys in order, so it comes first."""
        with of_object("s3:ListBucket"):
            answer = self._client.list_objects_v2(
                Bucket=bucket,
                Prefix=key,
                MaxKeys=1,
                ExpectedBucketOwner=self._account,
                RequestPayer="requester",
            )
        found = [listed for listed in answer.get("Contents", []) if listed["Key"] == key]
        return Listed(etag=found[0]["ETag"], last_modified=found[0]["LastModified"]) if found else None

    def read_acl(self, head: ObservedObject) -> ObjectAcl:
        """The object's ACL."""
        with of_object(_action("s3:GetObject", head.version_id) + "Acl"):
            answer = self._client.get_object_acl(**self._named(head))
        return parse_acl(answer, self._bucket_owner(head.bucket))

    def read_tags(self, head: ObservedObject) -> Mapping[str, str]:
        """The object's tags."""
        with of_object(_action("s3:GetObject", head.version_id) + "Tagging"):
            answer = self._client.get_object_tagging(**self._named(head))
        return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}

    def has_annotations(self, head: ObservedObject) -> bool:
        """Whether the object has annotations; False if S3 does not implement them."""
        with of_object("s3:ListObjectAnnotations"):
            try:
                answer = self._client.list_object_annotations(**self._named(head), MaxAnnotationResults=1)
            except ClientError as error:
                if error.response["Error"]["Code"] != "NotImplemented":
                    raise
                return False
        return bool(answer.get("Annotations"))

    def copy(self, head: ObservedObject, intended: ObjectEncryption, sent: Mapping[str, Any]) -> None:
        """Copy the object onto itself, if it is still `head`."""
        self._copies.copy(head, intended, sent)

    def copy_in_parts(
        self,
        head: ObservedObject,
        intended: ObjectEncryption,
        sent: Mapping[str, Any],
        *,
        seconds_left: Callable[[], float],
        confirm: Callable[[], None],
    ) -> None:
        """Copy the object onto itself in parts, if it is still `head`."""
        self._parts.copy(head, intended, sent, seconds_left, confirm)

    def update_encryption(self, head: ObservedObject, intended: ObjectEncryption) -> None:
        """Change exactly this version to `intended`, SSE-KMS, in place: nothing else changes (D3, D4)."""
        under = {"KMSKeyArn": intended.key_id, "BucketKeyEnabled": intended.bucket_key}
        with of_object(UPDATE):
            self._client.update_object_encryption(
                **self._named(head),
                ObjectEncryption={"SSEKMS": under},  # type: ignore[typeddict-item]  # plain JSON
            )

    def _named(self, head: ObservedObject) -> dict[str, Any]:
        return named(head.bucket, head.object_key, head.version_id, self._account)

    def _head_without_checksum(self, action: str, name: dict[str, Any]) -> Mapping[str, Any]:
        """400 means SSE-C (C5) or expired credentials; only an answer with a body shows which."""
        try:
            return self._client.head_object(**name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "400":
                raise
            self._must_answer(action, name)
            message = "S3 does not describe the object without the key that its writer provided"
            raise CustomerKeyError("400", action, message) from error

    def _must_answer(self, action: str, name: dict[str, Any]) -> None:
        try:
            with of_object(f"{action}Tagging"):
                self._client.get_object_tagging(**name)
        except AccessDeniedError:  # the credentials are valid
            return

    def _bucket_owner(self, bucket: str) -> str:
        """The canonical user id of this account. Every bucket here belongs to it, so one bucket is enough."""
        with self._asking_owner:
            if self._owner is None:
                with translated("s3:GetBucketAcl"):
                    answer = self._client.get_bucket_acl(Bucket=bucket, ExpectedBucketOwner=self._account)
                self._owner = answer["Owner"]["ID"]
            return self._owner


def _action(action: str, version_id: str | None) -> str:
    """The IAM action: a request that names a version needs its own action (C6)."""
    return action if version_id is None else f"{action}Version"
