"""An S3 request, and handlers that wrap MiniStack's dispatcher."""

from collections.abc import Callable
from typing import NamedTuple

from localcloud.request import anchors
from localcloud.request.calls import Response
from localcloud.s3.stored_objects import Headers, Query


class S3Request(NamedTuple):
    """The arguments of MiniStack's dispatcher: without a key it is a call on the bucket."""

    method: str
    bucket: str
    key: str
    headers: Headers
    body: bytes
    query: Query


Answer = Callable[[S3Request], Response]


def wrap_dispatch(handler: Callable[[S3Request, Answer], Response]) -> None:
    """Pass each request to `handler(request, answer)`; `answer` is the dispatcher that it wraps."""

    def dispatch(
        original: Callable[..., Response], *request: *tuple[str, str, str, Headers, bytes, Query]
    ) -> Response:
        return handler(S3Request(*request), lambda passed: original(*passed))

    anchors.replace("services.s3._dispatch", dispatch)
