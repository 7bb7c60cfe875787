"""Multipart uploads: the object gets the settings of CreateMultipartUpload (C24, C26)."""

from collections.abc import Callable
from functools import partial
from xml.etree.ElementTree import fromstring

from ministack.services import s3

from localcloud.request import anchors
from localcloud.request.calls import Response
from localcloud.s3 import checksums, s3_errors
from localcloud.s3.objects import object_acls
from localcloud.s3.objects.result_documents import describing
from localcloud.s3.stored_objects import Headers, Query, Record
from localcloud.s3.writes import copy_rules, multipart_refusals
from localcloud.s3.writes.multipart_completion import HEADERS, complete
from localcloud.s3.writes.multipart_refusals import BEGUN, COMPOSITE, OVERWRITES, WHOLE
from localcloud.s3.writes.object_writes import next_in_order

OK, NOT_FOUND = 200, 404


def install(*, minimum_part_size: int) -> None:
    """Extend MiniStack's uploads; all parts but the last have at least `minimum_part_size` bytes."""
    anchors.replace("services.s3._create_multipart_upload", _create)
    anchors.replace("services.s3._upload_part_copy", _copy_part)
    anchors.replace("services.s3._complete_multipart_upload", partial(complete, minimum=minimum_part_size))


def _create(original: Callable[..., Response], bucket: str, key: str, headers: Headers) -> Response:
    """Keep all headers of the request, because no later request repeats them."""
    if bucket in s3._buckets:
        _, refused = object_acls.requested(bucket, headers)
        if refused := refused or multipart_refusals.of_beginning(headers):
            return refused
    status, answer, body = original(bucket, key, headers)
    if status != OK:
        return status, answer, body
    found = {element.tag.rpartition("}")[2]: element.text for element in fromstring(body)}  # noqa: S314
    upload = s3._multipart_uploads[found["UploadId"]]
    upload |= {BEGUN: next_in_order(), HEADERS: dict(headers), WHOLE: None}
    upload[OVERWRITES] = key in s3._buckets[bucket]["objects"]
    if algorithm := upload[COMPOSITE]:
        answer["x-amz-checksum-type"] = checksums.upload_type(headers, algorithm)
        if answer["x-amz-checksum-type"] == checksums.FULL_OBJECT:
            upload |= {WHOLE: algorithm, COMPOSITE: None}  # MiniStack supports composite ones only
    return status, answer, body


def _copy_part(
    original: Callable[..., Response], bucket: str, key: str, query: Query, headers: Headers
) -> Response:
    """A copied part has a checksum like an uploaded one; MiniStack gives it none."""
    upload = s3._multipart_uploads.get(query["uploadId"][0])
    if upload is None or (upload["bucket"], upload["key"]) != (bucket, key):
        return s3_errors.error("NoSuchUpload", "The specified multipart upload does not exist.", NOT_FOUND)
    if refused := copy_rules.source_refusal(headers):
        return refused
    status, answer, body = original(bucket, key, query, copy_rules.addressable(headers))
    algorithm = upload[WHOLE] or upload[COMPOSITE]
    if status != OK or not algorithm:
        return status, answer, body
    part: Record = upload["parts"][int(query["partNumber"][0])]
    part["checksums"] = {algorithm: s3._compute_s3_checksum(algorithm, part["body"])}
    return status, answer, describing(body, part)
