"""Reads the timestamps in AWS answers without guessing their format."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from botocore.session import Session
from botocore.utils import parse_timestamp as guess_timestamp

_IN_HEADERS = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} [12]\d{3} \d\d:\d\d:\d\d GMT")
"""RFC 9110, 5.6.7: Last-Modified, Expires."""
_IN_BODIES = re.compile(r"[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
"""RFC 3339: LastModified of a copy, the end of an Object Lock retention."""


def read_timestamps_quickly(session: Session) -> None:
    """Make the session's clients read timestamps with `parse_timestamp`.

    botocore lets dateutil guess each format, which takes a tenth of the CPU time of a HeadObject.
    """
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=parse_timestamp)


def is_header_date(text: str) -> bool:
    """Whether a header is a date that botocore would write the same way. `Expires: 0` is not a date."""
    try:
        return format_datetime(parsedate_to_datetime(text), usegmt=True) == text
    except ValueError:
        return False


def parse_timestamp(value: Any) -> datetime:
    """The time that botocore would read in `value`, with a fast path for S3's two formats.

    Raises ValueError if `value` is not a timestamp.
    """
    try:
        if isinstance(value, str) and _IN_HEADERS.fullmatch(value):
            return parsedate_to_datetime(value)
        if isinstance(value, str) and _IN_BODIES.fullmatch(value):
            return datetime.fromisoformat(value)
    except ValueError:  # for example month 13: botocore raises its own error below
        pass
    return guess_timestamp(value)
