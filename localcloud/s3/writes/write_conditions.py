"""The condition keys of policies that describe the encryption a write asks for (F14), and a copy's source.

They hold what the request asks for, so a write that leaves its encryption to the bucket has none of them.
Parts and the completion of an upload have those of its beginning. UNCONFIRMED for a key named by id or alias:
here the condition key holds what was sent.
"""

from collections.abc import Callable
from typing import Any

from ministack.core import responses
from ministack.services import s3

from localcloud.request import anchors
from localcloud.request.calls import CURRENT
from localcloud.s3.objects.object_encryption import CUSTOMER_ALGORITHM, KEY_ID, SSE
from localcloud.s3.stored_objects import Headers, Query, copy_source
from localcloud.s3.writes import object_update
from localcloud.s3.writes.multipart_completion import HEADERS

CONDITIONS = (SSE, KEY_ID, CUSTOMER_ALGORITHM)


def install() -> None:
    """Wrap MiniStack's list of the condition keys of a request."""
    anchors.replace("core.iam_actions.s3_service_context", _context)


def _context(
    original: Callable[..., dict[str, Any]],
    action: str,
    query: Query,
    path: str = "",
    headers: Headers | None = None,
) -> dict[str, Any]:
    asked: Headers = {}
    if action == "s3:PutObject":
        asked = _beginning(path, query) or headers or {}
    elif action == "s3:UpdateObjectEncryption" and (call := CURRENT.get()):
        asked = object_update.wanted(call.body) or {}
    conditions = {f"s3:{name}": asked[name] for name in CONDITIONS if asked.get(name)}
    if action == "s3:PutObject" and (source := (headers or {}).get("x-amz-copy-source")):
        conditions["s3:x-amz-copy-source"] = "/".join(copy_source(source)[:2])
    return original(action, query, path, headers) | conditions


def _beginning(path: str, query: Query) -> Headers | None:
    """The headers with which the upload of a part began."""
    owner = s3._bucket_owner_account(path.lstrip("/").partition("/")[0])
    if owner is None or not query.get("uploadId"):
        return None
    with responses.request_scope(owner, responses.get_region()):
        upload = s3._multipart_uploads.get(query["uploadId"][0])
    headers: Headers | None = upload[HEADERS] if upload else None
    return headers
