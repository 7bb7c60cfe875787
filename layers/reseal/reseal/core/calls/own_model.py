"""Step 1, parse: writes to storage that has an encryption model of its own (E16)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reseal.core.calls.stated_encryption import ENCRYPTION, parse_stated, text_or_none

_MODEL_BY_HOST = {
    ".s3-outposts.": "S3 on Outposts has its own encryption model",
    ".s3express-": "directory buckets have their own encryption model",
}
"""Reasons by the text that follows the bucket's name in the request's host."""

_OF_FSX = "FSx file systems have their own encryption model"
_MODEL_BY_ALGORITHM = {"aws:fsx": _OF_FSX, "aws:backup": "AWS Backup has its own encryption model"}
_ACCESS_POINT = re.compile(r"arn:[a-z-]+:s3:[a-z0-9-]+:\d{12}:accesspoint/.+")
_ALIAS_OF_FSX = "-ext-s3alias"  # no bucket can have such a name (S3 User Guide, bucket naming rules)


def model_by_host(request: Mapping[str, Any], bucket: str) -> str | None:
    """The model of S3 Express and Outposts, by the host that follows the bucket's name.

    The host can be the bucket's name alone: S3 takes a host that is not its own as the name of a bucket.
    """
    host = request.get("Host", request.get("host"))  # a list in older records (cloudtrail shapes)
    names = [_as_dns_does(str(name)) for name in (host if isinstance(host, list) else [host])]
    endpoints = [name.removeprefix(f"{bucket.lower()}.") for name in names if name != bucket.lower()]
    marks = (mark for mark in _MODEL_BY_HOST for endpoint in endpoints if mark in f".{endpoint}")
    return next((_MODEL_BY_HOST[mark] for mark in marks), None)


def model_of_access_point(
    request: Mapping[str, Any], response: Mapping[str, Any], kinds_listed: set[str]
) -> str | None:
    """The model of an access point that belongs to no bucket, as one of an FSx file system.

    S3's answer shows it. If there is no answer, as perhaps for an upload in parts (A21), the record of a
    bucket's access point still lists the bucket and the object. `kinds_listed` are the types of the
    record's resources.
    """
    if model := _MODEL_BY_ALGORITHM.get(text_or_none(response, ENCRYPTION) or ""):
        return model
    named = text_or_none(request, "bucketName") or ""
    if named.endswith(_ALIAS_OF_FSX):
        return _OF_FSX
    unstated = parse_stated({}, response).algorithm is None
    alone = kinds_listed == {"AWS::S3::AccessPoint"}
    return _OF_FSX if unstated and alone and _ACCESS_POINT.fullmatch(named) else None


def _as_dns_does(host: str) -> str:
    """The host's name without its port; DNS ignores case and a dot at the end."""
    return re.sub(r":\d+$", "", host).rstrip(".").lower()
