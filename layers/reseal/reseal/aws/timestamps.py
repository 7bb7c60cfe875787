"""The timestamps of AWS's answers, read without guessing their format."""

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
"""RFC 3339: a copy's LastModified, a lock's end."""


def read_timestamps_quickly(session: Session) -> None:
    """Make the session's clients read timestamps with `parse_timestamp`.

    botocore has dateutil guess the format of each, which is a tenth of what a HeadObject computes.
    """
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=parse_timestamp)


def is_header_date(text: str) -> bool:
    """Whether a header says a date as botocore would write it again: `Expires: 0` is read, and is none."""
    try:
        return format_datetime(parsedate_to_datetime(text), usegmt=True) == text
    except ValueError:
        return False


def parse_timestamp(value: Any) -> datetime:
    """The moment that botocore reads in `value`, at once in S3's two formats.

    Raises ValueError where it is none.
    """
    try:
        if isinstance(value, str) and _IN_HEADERS.fullmatch(value):
            return parsedate_to_datetime(value)
        if isinstance(value, str) and _IN_BODIES.fullmatch(value):
            return datetime.fromisoformat(value)
    except ValueError:  # a thirteenth month: botocore says so in its own words
        pass
    return guess_timestamp(value)
