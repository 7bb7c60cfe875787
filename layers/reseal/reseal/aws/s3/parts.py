"""Amazon S3: copy an object onto itself in parts if it is too large for one CopyObject (C10)."""

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
"""Seconds reserved for running parts to end, and for completing or aborting the upload, if none are given."""

_MOST_ABORTS = 3


class S3Parts:
    """Copies in parts. Every upload is completed or aborted, or logged; none is if the function is killed."""

    def __init__(
        self,
        client: S3Client,
        account: str,
        copies: S3Copies,
        logger: Logger,
        *,
        part_size: int,
        seconds_kept: float = SECONDS_KEPT,
    ) -> None:
        self._client, self._account, self._copies, self._logger = client, account, copies, logger
        self._part_size, self._seconds_kept = part_size, seconds_kept

    def copy(
        self,
        head: ObservedObject,
        intended: ObjectEncryption,
        sent: Mapping[str, Any],
        seconds_left: Callable[[], float],
        confirm: Callable[[], None],
    ) -> None:
        """Copy all parts in parallel, call `confirm`, then complete the upload if the object is still `head`.

        Raises RefusalError, or TransientError, also if too little time is left.
        """
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
        """Create an upload; returns its id.

        botocore retries if an answer is lost, and then S3 may have an upload with an unknown id. It has no
        parts, so it costs nothing. The list of a bucket's uploads does not show for certain who created
        them, so the upload is logged and not aborted: it could belong to another writer.
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
            "a multipart upload without parts may be left behind: S3's answer to its creation was lost",
            bucket=upload["Bucket"],
            key=upload["Key"],
        )

    def _copy_parts(
        self, head: ObservedObject, upload: dict[str, Any], seconds_left: Callable[[], float]
    ) -> list[dict[str, Any]]:
        """The first failure cancels the parts not yet begun; returns or raises when no part is running."""

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
            answer = self._copies.client.upload_part_copy(
                **upload,
                **self._copies.source(head),
                PartNumber=part.number,
                CopySourceRange=f"bytes={part.first}-{part.last}",
                **condition,
            )
        result: Mapping[str, Any] = answer["CopyPartResult"]
        # A composite checksum needs the checksums of the parts (S3, checking integrity).
        checksums = {name: value for name, value in result.items() if name.startswith("Checksum")}
        return {"PartNumber": part.number, "ETag": result["ETag"], **checksums}

    def _complete(self, head: ObservedObject, upload: dict[str, Any], parts: list[dict[str, Any]]) -> None:
        """S3 refuses with 409 if the object was written meanwhile, even with the same bytes (C19)."""
        with of_object(WRITE):
            self._copies.client.complete_multipart_upload(
                **upload,
                MultipartUpload={"Parts": parts},  # type: ignore[typeddict-item]  # plain JSON
                MpuObjectSize=head.size,
                IfMatch=head.etag,
            )

    def _must_have_time(self, seconds_left: Callable[[], float]) -> None:
        if seconds_left() < self._seconds_kept:
            raise TransientError("too little time is left for a copy in parts")

    def _abort(self, upload: dict[str, Any]) -> None:
        """Abort until S3 answers that the upload does not exist: a part still being copied can stay (C27)."""
        try:
            for _ in range(_MOST_ABORTS):
                if not self._abort_once(upload):
                    return
        except ResealError:
            self._logger.exception(
                "a multipart upload was left behind; its parts are billed until it is aborted",
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
