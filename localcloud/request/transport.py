"""How requests arrive and answers leave.

Calls over the loopback count as calls over TLS, like calls to AWS: a bucket policy that denies
`aws:SecureTransport: false`, which Reseal itself may add, must not deny every caller of the local cloud.
Calls to the second port, and to website endpoints, count as calls over plain HTTP.

Headers leave as the bytes of UTF-8 that arrived, which botocore reads as Latin-1 (C37).
"""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from localcloud.request import anchors

Scope = dict[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]

OVER_PLAIN_HTTP: ContextVar[bool] = ContextVar("localcloud_over_plain_http", default=False)
"""Whether the current request counts as plain HTTP. MiniStack serves it in one task from start to end."""


def install() -> None:
    """Wrap what notes how a request arrived, and what encodes the headers of an answer."""
    anchors.replace("app.pin_request_origin", _pin_request_origin)
    anchors.replace("app._encode_header_value", _encode_header_value)


def with_plain_http(application: Application, port: int) -> Application:
    """The application, for which requests to this port are plain HTTP."""

    async def served(scope: Scope, receive: Any, send: Any) -> None:
        OVER_PLAIN_HTTP.set((scope.get("server") or ("", 0))[1] == port)
        await application(scope, receive, send)

    return served


def _pin_request_origin(original: Callable[[str, object], None], source_ip: str, _secure: object) -> None:
    original(source_ip, not OVER_PLAIN_HTTP.get())


def _encode_header_value(_original: Callable[[str], bytes], value: str) -> bytes:
    return value.encode()
