"""Amazon S3: copy an object onto itself in parts, for what is too large for one CopyObject (C10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from reseal.aws.s3.copies import WRITE, S3Copies, encryption_parameters, may_be_done
from reseal.aws.s3.heads import named, of_object
from reseal.core.errors import ResealError, TransientError
from reseal.core.repairs.objects.parts import Part, parts_of
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.s3_object import ObservedObject

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_s3 import S3Client

ABORT = "s3:AbortMultipartUpload"
AT_ONCE = 16
SECONDS_KEPT = 60.0
"""What an invocation keeps for running parts to end, and for the upload to be completed or aborted."""

_MOST_ABORTS = 3


class S3Parts:
    """Copies in parts. An upload is completed or aborted, whatever happens; what is left behind is logged."""

    def __init__(
        self, client: S3Client, account: str, copies: S3Copies, logger: Logger, *, part_size: int
    ) -> None:
        self._client, self._account, self._copies, self._logger = client, account, copies, logger
        self._part_size = part_size

    def copy(
        self,
        head: ObservedObject,
        intended: ObjectEncryption,
        sent: Mapping[str, Any],
        seconds_left: Callable[[], float],
        confirm: Callable[[], None],
    ) -> None:
        """Every part in parallel, `confirm`, then all of them in its place if it is still `head`."""
        self._must_have_time(seconds_left)
        upload = named(head.bucket, head.object_key, None, self._account)
        upload["UploadId"] = self._create(upload, {**encryption_parameters(intended), **sent})
        completed = False
        try:
            parts = self._copy_parts(head, upload, seconds_left)
            confirm()
            self._copies.settle(head, intended, lambda: self._complete(head, upload, parts))
            completed = True
        finally:
            if not completed:
                self._abort(upload)

    def _create(self, upload: dict[str, Any], parameters: dict[str, Any]) -> str:
        """A new upload's id.

        botocore asks again when an answer is lost, and then S3 may hold an upload whose id nobody knows. It
        has no parts, so it costs nothing; and the list of a bucket's uploads does not say for sure whose
        they are. So it is logged, and what may be another's is not aborted.
        """
        try:
            with of_object(WRITE):
                created = self._client.create_multipart_upload(**upload, **parameters)
        except ResealError as error:
            if may_be_done(error):
                self._warn_of_unknown(upload)
            raise
        if created.get("ResponseMetadata", {}).get("RetryAttempts", 0):
            self._warn_of_unknown(upload)
        return created["UploadId"]

    def _warn_of_unknown(self, upload: dict[str, Any]) -> None:
        self._logger.warning(
            "an upload without parts may be left behind: S3's answer to its creation was lost",
            bucket=upload["Bucket"],
            key=upload["Key"],
        )

    def _copy_parts(
        self, head: ObservedObject, upload: dict[str, Any], seconds_left: Callable[[], float]
    ) -> list[dict[str, Any]]:
        """The first failure cancels what has not begun; returns or raises when nothing runs any more."""

        def copied(part: Part) -> dict[str, Any]:
            self._must_have_time(seconds_left)
            return self._copies.while_unchanged(
                head, lambda condition: self._copy(head, upload, part, condition)
            )

        with ThreadPoolExecutor(max_workers=AT_ONCE) as workers:
            return list(workers.map(copied, parts_of(head.size, self._part_size)))

    def _copy(
        self, head: ObservedObject, upload: dict[str, Any], part: Part, condition: dict[str, Any]
    ) -> dict[str, Any]:
        with of_object(WRITE):
            answer = self._client.upload_part_copy(
                **upload,
                **self._copies.source(head),
                PartNumber=part.number,
                CopySourceRange=f"bytes={part.first}-{part.last}",
                **condition,
            )
        result: Mapping[str, Any] = answer["CopyPartResult"]
        # A checksum put together from parts needs theirs (S3, checking integrity).
        checksums = {name: value for name, value in result.items() if name.startswith("Checksum")}
        return {"PartNumber": part.number, "ETag": result["ETag"], **checksums}

    def _complete(self, head: ObservedObject, upload: dict[str, Any], parts: list[dict[str, Any]]) -> None:
        """Refused with 409 if the key was written meanwhile, even with the same bytes (C19)."""
        with of_object(WRITE):
            self._client.complete_multipart_upload(
                **upload,
                MultipartUpload={"Parts": parts},  # type: ignore[typeddict-item]  # plain JSON
                MpuObjectSize=head.size,
                IfMatch=head.etag,
            )

    def _must_have_time(self, seconds_left: Callable[[], float]) -> None:
        if seconds_left() < SECONDS_KEPT:
            raise TransientError("too little time is left for a copy in parts")

    def _abort(self, upload: dict[str, Any]) -> None:
        """Abort until S3 says that there is no such upload: a part that S3 still copied would stay (C27)."""
        try:
            for _ in range(_MOST_ABORTS):
                if not self._abort_once(upload):
                    return
        except ResealError:
            self._logger.exception(
                "an upload was left behind, and its parts are paid for until it is aborted",
                bucket=upload["Bucket"],
                key=upload["Key"],
                upload_id=upload["UploadId"],
            )

    def _abort_once(self, upload: dict[str, Any]) -> bool:
        """Whether there was anything to abort."""
        with of_object(ABORT):
            try:
                self._client.abort_multipart_upload(**upload)
            except ClientError as error:
                if error.response["Error"]["Code"] != "NoSuchUpload":
                    raise
                return False
        return True
