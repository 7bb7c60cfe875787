"""HeadObject with a customer's key but without the key's MD5 is 403; without any key it is 400 (C5, C38)."""

from collections.abc import Callable

from localcloud.request import anchors
from localcloud.request.calls import Response
from localcloud.s3 import s3_errors
from localcloud.s3.objects.object_encryption import CUSTOMER_ALGORITHM, CUSTOMER_KEY, CUSTOMER_MD5
from localcloud.s3.stored_objects import Headers, Query, stored_object, version_asked


def install() -> None:
    """Wrap HeadObject."""
    anchors.replace("services.s3._head_object", _head)


def _head(
    original: Callable[..., Response],
    bucket: str,
    key: str,
    headers: Headers | None = None,
    query: Query | None = None,
) -> Response:
    sent = headers or {}
    record = stored_object(bucket, key, version_asked(query or {})) or {}
    under_customer_key = CUSTOMER_ALGORITHM in record.get("preserved_headers", {})
    if under_customer_key and {CUSTOMER_ALGORITHM, CUSTOMER_KEY} <= sent.keys() and CUSTOMER_MD5 not in sent:
        return s3_errors.access_denied(bucket)
    return original(bucket, key, headers, query)
