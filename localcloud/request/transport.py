"""How requests arrive and answers leave.

Calls over the loopback count as calls over TLS, like calls to AWS. Otherwise a bucket policy that denies
`aws:SecureTransport: false`, which Reseal itself may add, would deny every caller of the local cloud. That
such a policy stops plain HTTP cannot be shown here.

Headers leave as the bytes of UTF-8 that arrived, which botocore reads as Latin-1 (C37).
"""

from collections.abc import Callable

from localcloud.request import anchors


def install() -> None:
    """Wrap what notes how a request arrived, and what encodes the headers of an answer."""
    anchors.replace("app.pin_request_origin", _pin_request_origin)
    anchors.replace("app._encode_header_value", _encode_header_value)


def _pin_request_origin(original: Callable[[str, object], None], source_ip: str, _secure: object) -> None:
    encrypted = True
    original(source_ip, encrypted)


def _encode_header_value(_original: Callable[[str], bytes], value: str) -> bytes:
    return value.encode()
