"""Amazon S3: copy an object onto itself, only while it is the one that was looked at."""

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
    """Copies with preconditions. `read` looks at an object."""

    def __init__(self, client: S3Client, account: str, read: Read) -> None:
        self._client, self._account, self._read = client, account, read

    def copy(self, head: ObservedObject, intended: ObjectEncryption, sent: Mapping[str, Any]) -> None:
        """One CopyObject, as far as 5 GB go (C10)."""
        parameters = {
            **named(head.bucket, head.object_key, None, self._account),
            **self.source(head),
            **encryption_parameters(intended),
            **sent,
            "IfMatch": head.etag,
        }

        def once(condition: dict[str, Any]) -> None:
            with of_object(WRITE):
                self._client.copy_object(**parameters, **condition)

        self.settle(head, intended, lambda: self.while_unchanged(head, once))

    def source(self, head: ObservedObject) -> dict[str, Any]:
        """The parameters that name what is copied: as a dict, which botocore encodes rightly (C34)."""
        source = {"Bucket": head.bucket, "Key": head.object_key}
        if head.version_id is not None:
            source["VersionId"] = head.version_id
        return {"CopySource": source, "ExpectedSourceBucketOwner": self._account}

    def while_unchanged(self, head: ObservedObject, call: Callable[[dict[str, Any]], T]) -> T:
        """Run `call` with a condition that holds only while the source is `head`.

        Equal bytes may share an ETag (C20), which the destination's condition asks about already. So the
        time is asked about here: alone, since S3 disregards it beside an ETag that matches (C17). S3 shows
        whole seconds, and should it compare fractions it refuses; then a look must do.
        """
        try:
            return call({"CopySourceIfUnmodifiedSince": head.last_modified})
        except ChangedError as changed_error:
            if changed_error.code != _PRECONDITION_FAILED or not self._is_still(head):
                raise
            return call({"CopySourceIfMatch": head.etag})

    def settle(self, head: ObservedObject, intended: ObjectEncryption, write: Callable[[], T]) -> None:
        """Run `write`, and see to it that neither our own write nor one that fails is taken for another's.

        botocore repeats a call whose answer was lost, and the first one may have been carried out or
        may still be: then the repeated one is refused, because of ours or of an upload that is completed.
        And a write that S3 calls concurrent may never be completed (C18): then ours is made later.
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
                raise TransientError(f"another write is under way, which may be ours: {error}") from error
            raise

    def _is_still(self, head: ObservedObject) -> bool:
        return self._read(head.bucket, head.object_key, head.version_id).listed == head.listed


def encryption_parameters(intended: ObjectEncryption) -> dict[str, Any]:
    """The encryption, whole: without a key S3 takes aws/s3 (C3), without more the bucket's Bucket Key."""
    parameters: dict[str, Any] = {"ServerSideEncryption": intended.algorithm, "SSEKMSKeyId": intended.key_id}
    if intended.algorithm == SseAlgorithm.SSE_KMS:  # DSSE-KMS has no Bucket Keys (E13)
        parameters["BucketKeyEnabled"] = intended.bucket_key
    return parameters


def may_be_done(error: ResealError) -> bool:
    """Whether S3 may have carried out a call that failed: no answer came, or not to the first attempt."""
    cause = error.__cause__
    if isinstance(cause, ClientError):
        return cause.response["ResponseMetadata"].get("RetryAttempts", 0) > 0
    return isinstance(cause, BotoCoreError)
