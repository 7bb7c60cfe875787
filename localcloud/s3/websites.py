"""Website endpoints of buckets: anonymous reads over plain HTTP, under the names that S3 gives them."""

import re
from typing import Any

from ministack.services import s3

from localcloud.request.transport import OVER_PLAIN_HTTP, Application, Scope

_HOST = re.compile(rb"(?P<bucket>[a-z0-9.-]+)\.s3-website[.-][a-z0-9-]+\.amazonaws\.com(?::\d+)?")
_INDEX = re.compile(r"<IndexDocument>\s*<Suffix>([^<]+)</Suffix>")
NOT_FOUND = 404


def with_websites(application: Application, account: str) -> Application:
    """The application, with the website endpoints of this account's buckets."""

    async def served(scope: Scope, receive: Any, send: Any) -> None:
        bucket = _bucket_in(scope)
        if bucket is None:
            await application(scope, receive, send)
            return
        index = _INDEX.search(s3._bucket_websites.get_scoped(account, None, bucket) or "")
        if index is None:
            await send({"type": "http.response.start", "status": NOT_FOUND, "headers": []})
            await send({"type": "http.response.body", "body": b"NoSuchWebsiteConfiguration"})
            return
        OVER_PLAIN_HTTP.set(True)
        path = f"/{bucket}{scope['path']}" + (index[1] if scope["path"].endswith("/") else "")
        headers = [(b"host", b"127.0.0.1")]
        read = {**scope, "path": path, "raw_path": path.encode(), "query_string": b"", "headers": headers}
        await application(read, receive, send)

    return served


def _bucket_in(scope: Scope) -> str | None:
    host = dict(scope["headers"]).get(b"host", b"") if scope["type"] == "http" else b""
    match = _HOST.fullmatch(host)
    return match["bucket"].decode() if match else None
