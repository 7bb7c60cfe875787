"""The queue message of a write, with its record as CloudTrail makes it (A14 to A16)."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote, quote_plus

from localcloud.client.handle import ACCOUNT
from tests.cloud.object_soak.cases.cases import Arrival
from tests.cloud.object_soak.cases.writing import SSE, Write
from tests.support.builders import an_object_body


def event(of: Write, arrival: Arrival, *, who: str, event_id: str | None = None, **changes: Any) -> str:
    """The queue message. A completed upload's record does not contain its encryption (A21)."""
    spelled = {"given": str, "quoted": lambda key: quote(key, safe="/"), "plus": quote_plus}[arrival.spelled]
    key = spelled(of.key)
    said: dict[str, Any] = {}
    if of.call != "CompleteMultipartUpload":
        said = {SSE: of.algorithm, f"{SSE}-aws-kms-key-id": of.key_arn}
        if f"{SSE}-customer-algorithm" in of.sent:
            said = {f"{SSE}-customer-algorithm": "AES256"}
    if arrival.names_version and of.version_id:
        said["x-amz-version-id"] = of.version_id
    sent = of.sent if of.call != "CompleteMultipartUpload" else {"uploadId": "EXAMPLE"}
    record = {
        "eventName": of.call,
        "eventID": event_id or str(uuid.uuid4()),
        "eventTime": f"{of.at + timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}",
        "userIdentity": {
            "type": "IAMUser",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/{who}",
            "accountId": ACCOUNT,
        },
        "requestParameters": {
            "bucketName": of.bucket,
            "Host": f"{of.bucket}.s3.amazonaws.com",
            "key": key,
            **sent,
        },
        "responseElements": {name: value for name, value in said.items() if value} or None,
    }
    return an_object_body(bucket=of.bucket, key=key, **(record | changes))


def earlier(of: Write, seconds: int) -> Write:
    return replace(of, at=of.at - timedelta(seconds=seconds))
