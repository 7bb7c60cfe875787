"""Amazon S3: copy an object onto itself, only if it is still the object that was read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from reseal.aws.s3.heads import named, of_object
from reseal.core.errors import ChangedError, ResealError, TransientError
from reseal.core.repairs.objects.properties import changed, seen_of
from reseal.core.state.bucket_encryption import SseAlgorithm
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.s3_object import ObservedObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

WRITE = "s3:PutObject"
_PRECONDITION_FAILED, _CONFLICT = "PreconditionFailed", "ConditionalRequestConflict"

Read = Callable[[str, str, str | None], ObservedObject]
T = TypeVar("T")


class S3Copies:
    """Copies with preconditions. `client` waits as long as a copy takes; `read` reads an object."""

    def __init__(self, client: S3Client, account: str, read: Read) -> None:
        self.client = client
        self._account, self._read = account, read

    def copy(self, head: ObservedObject, intended: ObjectEncryption, sent: Mapping[str, Any]) -> None:
        """One CopyObject, for objects up to 5 GB (C10). Raises RefusalError or TransientError."""
        parameters = {
            **named(head.bucket, head.object_key, None, self._account),
            **self.source(head),
            **encryption_parameters(intended),
            **sent,
            "IfMatch": head.etag,
        }

        def once(condition: dict[str, Any]) -> None:
            with of_object(WRITE):
                self.client.copy_object(**parameters, **condition)

        self.settle(head, intended, lambda: self.while_unchanged(head, once))

    def source(self, head: ObservedObject) -> dict[str, Any]:
        """The parameters that name the copy source: as a dict, which botocore encodes correctly (C34)."""
        source = {"Bucket": head.bucket, "Key": head.object_key}
        if head.version_id is not None:
            source["VersionId"] = head.version_id
        return {"CopySource": source, "ExpectedSourceBucketOwner": self._account}

    def while_unchanged(self, head: ObservedObject, call: Callable[[dict[str, Any]], T]) -> T:
        """Run `call` with a condition that holds only while the source is `head`.

        Objects with equal bytes can have the same ETag (C20), and the destination's condition checks the
        ETag already. So this condition checks the time. It is sent alone because S3 ignores it next to a
        matching ETag (C17). S3 shows whole seconds. If it compares fractions, it refuses; then the source
        is read again and `call` runs with its ETag as the condition.
        """
        try:
            return call({"CopySourceIfUnmodifiedSince": head.last_modified})
        except ChangedError as changed_error:
            if changed_error.code != _PRECONDITION_FAILED or not self._is_still(head):
                raise
            return call({"CopySourceIfMatch": head.etag})

    def settle(self, head: ObservedObject, intended: ObjectEncryption, write: Callable[[], T]) -> None:
        """Run `write`, and do not mistake this invocation's own write for another writer's.

        botocore repeats a call whose answer was lost. The first attempt may have succeeded or may still be
        running, and then S3 refuses the repeated one. If the object is now as intended, `write` succeeded.
        A write that S3 reports as concurrent may never complete (C18): if the object is unchanged, this
        raises TransientError, and the write is retried later.
        """
        try:
            write()
        except (ChangedError, TransientError) as error:
            if not may_be_done(error) and getattr(error, "code", None) != _CONFLICT:
                raise
            now = self._read(head.bucket, head.object_key, None)
            if (
                now.encryption.meets(intended)
                and not changed(seen_of(head), now)
                and now.listed != head.listed
            ):
                return
            if isinstance(error, ChangedError) and now.listed == head.listed:
                raise TransientError(f"another write is in progress, maybe Reseal's own: {error}") from error
            raise

    def _is_still(self, head: ObservedObject) -> bool:
        return self._read(head.bucket, head.object_key, head.version_id).listed == head.listed


def encryption_parameters(intended: ObjectEncryption) -> dict[str, Any]:
    """All encryption parameters. S3's defaults are aws/s3 (C3) and the bucket's own Bucket Key setting."""
    parameters: dict[str, Any] = {"ServerSideEncryption": intended.algorithm, "SSEKMSKeyId": intended.key_id}
    if intended.algorithm == SseAlgorithm.SSE_KMS:  # DSSE-KMS has no Bucket Keys (E13)
        parameters["BucketKeyEnabled"] = intended.bucket_key
    return parameters


def may_be_done(error: ResealError) -> bool:
    """Whether S3 may have executed a failed call: no answer came, or none to the first attempt."""
    cause = error.__cause__
    if isinstance(cause, ClientError):
        return cause.response["ResponseMetadata"].get("RetryAttempts", 0) > 0
    return isinstance(cause, BotoCoreError)
