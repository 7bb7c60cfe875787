"""An S3 request on its way to MiniStack's implementation, for what stands before that."""

from collections.abc import Callable
from typing import NamedTuple

from localcloud.request import anchors
from localcloud.request.calls import Response
from localcloud.s3.stored_objects import Headers, Query


class S3Request(NamedTuple):
    """What MiniStack hands to its S3: a bucket without a key is a bucket's call."""

    method: str
    bucket: str
    key: str
    headers: Headers
    body: bytes
    query: Query


Answer = Callable[[S3Request], Response]


def stand_before(handler: Callable[[S3Request, Answer], Response]) -> None:
    """Give each request to ``handler(request, answer)``; ``answer`` is what stood there before."""

    def dispatch(
        original: Callable[..., Response], *request: *tuple[str, str, str, Headers, bytes, Query]
    ) -> Response:
        return handler(S3Request(*request), lambda passed: original(*passed))

    anchors.replace("services.s3._dispatch", dispatch)
