"""The encryption context of objects under SSE-KMS.

S3 keeps it with the object and returns it to the writer, never to a reader. A copy loses it unless the
request sends it (C35). A test reads it at `/_localcloud/encryption-context`.
"""

from localcloud.request.calls import CURRENT, Response
from localcloud.s3 import s3_requests
from localcloud.s3.s3_requests import Answer, S3Request
from localcloud.s3.stored_objects import NULL_VERSION, Record, stored_object

CONTEXT = "x-amz-server-side-encryption-context"
OK = 200

_contexts: dict[tuple[str, str, str], str] = {}


def install() -> None:
    """Wrap the responses to writers."""
    s3_requests.wrap_dispatch(_answer)


def note_write(bucket: str, key: str, record: Record) -> None:
    """Keep the context that the current request sent with the object, if any."""
    call = CURRENT.get()
    keep(bucket, key, record, call.headers.get(CONTEXT) if call else None)


def keep(bucket: str, key: str, record: Record, context: str | None) -> None:
    """Keep a context with one version of an object, or remove the kept one."""
    place = (bucket, key, record.get("version_id") or NULL_VERSION)
    if context:
        _contexts[place] = context
    else:
        _contexts.pop(place, None)


def read(bucket: str, key: str, version: str = "") -> str | None:
    """The context of an object as it was sent, base64 of JSON; none if it has none."""
    record = stored_object(bucket, key, version)
    if record is None:
        return None
    return _contexts.get((bucket, key, record.get("version_id") or NULL_VERSION))


def _answer(request: S3Request, answer: Answer) -> Response:
    """PutObject, CopyObject and CreateMultipartUpload return the context that was sent."""
    status, headers, content = answer(request)
    if status == OK and CONTEXT in request.headers:
        headers = headers | {CONTEXT: request.headers[CONTEXT]}
    return status, headers, content
