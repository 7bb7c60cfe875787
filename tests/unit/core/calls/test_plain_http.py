"""Which CloudTrail records show a call over plain HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from reseal.core.calls.cloudtrail_record import is_over_plain_http

APT = "arn:aws:iam::111122223333:user/apt"
RECORD: dict[str, Any] = {
    "eventVersion": "1.11",
    "eventName": "GetObject",
    "eventTime": "2026-11-01T00:00:00Z",
    "userIdentity": {"type": "IAMUser", "arn": APT, "accountId": "111122223333"},
    "additionalEventData": {"SignatureVersion": "SigV4"},
}


@pytest.mark.parametrize("version", ["1.08", "1.11", "1.09"])
def test_record_without_tls_shows_plain_http(version: str) -> None:
    assert is_over_plain_http(RECORD | {"eventVersion": version})


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"tlsDetails": {"tlsVersion": "TLSv1.3"}}, id="TLS"),
        pytest.param({"additionalEventData": {"CipherSuite": "TLS_AES_128_GCM_SHA256"}}, id="cipher"),
        pytest.param({"userIdentity": {"invokedBy": "athena.amazonaws.com"}}, id="through a service"),
        pytest.param({"userIdentity": {"type": "AWSService"}}, id="by a service"),
        pytest.param({"sessionCredentialFromConsole": "true"}, id="console"),
        pytest.param({"eventVersion": "1.07"}, id="before tlsDetails"),
        pytest.param({"eventVersion": None}, id="no version"),
    ],
)
def test_record_of_tls_or_of_a_service_shows_none(changed: dict[str, Any]) -> None:
    assert not is_over_plain_http(RECORD | changed)
