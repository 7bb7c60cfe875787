"""Step 2, values: the text of a bucket policy: parsed, without white space, and with one statement more.

Source: IAM User Guide, "Grammar of the IAM JSON policy language"; Amazon S3 User Guide, "Bucket policies".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_VERSIONS = (None, "2008-10-17", "2012-10-17")
_STRING_OR_SPACE = re.compile(r'("(?:[^"\\]|\\.)*")|[ \t\r\n]+')
_DECODER = json.JSONDecoder()


def parsed(text: str) -> dict[str, Any] | None:
    """The policy; None if the text is no policy that Reseal can read with certainty.

    A member that stands twice is refused: which of the two S3 takes is not documented.
    """
    try:
        document = json.loads(text, object_pairs_hook=_unique, parse_constant=_refused)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) and _is_whole(document) else None


def minified(text: str) -> str:
    """The same JSON without white space between its tokens; strings and numbers stay as they are written."""
    return _STRING_OR_SPACE.sub(lambda found: found[1] or "", text)


def with_statement(text: str, statement: str) -> str:
    """A policy, minified, with a statement after all others; a single statement becomes a list of two."""
    small = minified(text)
    start, end = _place_of_statements(small)
    found = small[start:end]
    others = found[1:-1] if found.startswith("[") else found
    listed = ",".join(one for one in (others, statement) if one)
    return f"{small[:start]}[{listed}]{small[end:]}"


def _is_whole(document: Mapping[str, Any]) -> bool:
    found = document.get("Statement")
    statements = found if isinstance(found, list) else [found]
    is_known = document.get("Version") in _VERSIONS
    return is_known and all(isinstance(statement, dict) for statement in statements)


def _unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        raise ValueError("a member stands twice")
    return found


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _place_of_statements(small: str) -> tuple[int, int]:
    """Where the value of the member `Statement` begins and ends in a minified policy, which has one."""
    at, name = 1, ""
    while True:
        name, colon = _DECODER.raw_decode(small, at)
        _, end = _DECODER.raw_decode(small, colon + 1)
        if name == "Statement":
            return colon + 1, end
        at = end + 1
