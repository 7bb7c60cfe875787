"""Step 1, parse: read the fields that all CloudTrail records have in common."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from reseal.core.errors import MalformedEventError
from reseal.core.text.quoted import SHORT, quoted

Record = Mapping[str, Any]
_YEARS = range(2006, 3000)  # S3 began in 2006
_LONGEST_ID = 128
_ACCOUNT = re.compile(r"[0-9]{12}")
_SHOWS_TLS = re.compile(r"1\.(?:0[89]|[1-9][0-9])")  # record versions since tlsDetails exists


def parse_record(body: str) -> Record:
    """The CloudTrail record inside an EventBridge event. Raises MalformedEventError."""
    record = parse_json(body).get("detail")
    if not isinstance(record, Mapping):
        raise MalformedEventError("detail is not an object: this is not an EventBridge event from CloudTrail")
    return record


def parse_json(body: str) -> Mapping[str, Any]:
    """Parse a message as a JSON object. Raises MalformedEventError."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedEventError(f"the message is not JSON: {error}") from error
    if not isinstance(event, Mapping):
        raise MalformedEventError("the message is not a JSON object")
    return event


def text_of(record: Record, field: str) -> str:
    """A required field of printable text, as short as ids are. Raises MalformedEventError."""
    value = record.get(field)
    if not isinstance(value, str) or not is_id(value):
        raise MalformedEventError(f"detail.{field} is missing, is not text or is too long")
    return value


def is_id(text: str) -> bool:
    """Whether this can be an id: printable text of 1 to 128 characters. It becomes part of a ledger id."""
    return 0 < len(text) <= _LONGEST_ID and text.isprintable()


def time_of(record: Record) -> datetime:
    """When the call was completed; CloudTrail writes UTC. Raises MalformedEventError."""
    text = text_of(record, "eventTime")
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise MalformedEventError(f"detail.eventTime is no ISO 8601 time: {quoted(text, SHORT)}") from error
    if time.year not in _YEARS:
        raise MalformedEventError(f"detail.eventTime is in no year of S3: {quoted(text, SHORT)}")
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def recipient_of(record: Record) -> str | None:
    """The account that received this record, the caller's or the bucket owner's (A30); None if unnamed."""
    account = record.get("recipientAccountId")
    return account if isinstance(account, str) and _ACCOUNT.fullmatch(account) else None


def is_over_plain_http(record: Record) -> bool:
    """Whether a record shows plain HTTP: a call by its caller itself, without any sign of TLS.

    Records of AWS services and of the console name no TLS either (CloudTrail User Guide, "CloudTrail record
    contents": tlsDetails, invokedBy, eventVersion).
    """
    identity, data = child_of(record, "userIdentity"), child_of(record, "additionalEventData")
    by_service = identity.get("invokedBy") or identity.get("type") == "AWSService"
    from_console = str(record.get("sessionCredentialFromConsole")).lower() == "true"
    may_be_tls = record.get("tlsDetails") or data.get("CipherSuite") or by_service or from_console
    return bool(_SHOWS_TLS.fullmatch(str(record.get("eventVersion")))) and not may_be_tls


def child_of(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object inside the record, or the first of a list of them; empty if there is none (A8)."""
    value = parent.get(name)
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, Mapping) else {}
