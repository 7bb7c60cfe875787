"""Calls over the loopback count as calls over TLS, like calls to AWS.

Otherwise a bucket policy that denies `aws:SecureTransport: false`, which Reseal itself may add, would deny
every caller of the local cloud. That such a policy stops plain HTTP cannot be shown here.
"""

from collections.abc import Callable

from localcloud.request import anchors


def install() -> None:
    """Wrap the function in which MiniStack notes how a request arrived."""
    anchors.replace("app.pin_request_origin", _pin_request_origin)


def _pin_request_origin(original: Callable[[str, object], None], source_ip: str, _secure: object) -> None:
    encrypted = True
    original(source_ip, encrypted)
