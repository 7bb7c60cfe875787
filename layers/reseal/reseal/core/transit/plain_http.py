"""Step 1, parse: CloudTrail records of calls over plain HTTP.

Source: CloudTrail User Guide, "CloudTrail record contents" (tlsDetails, invokedBy, eventVersion).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from reseal.core.calls.actor import parse_actor
from reseal.core.calls.cloudtrail_record import Record, child_of, text_of, time_of

_SHOWS_TLS = re.compile(r"1\.(?:0[89]|[1-9][0-9])")  # record versions since tlsDetails exists


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainHttpCall:
    """One call on a bucket or an object that arrived over plain HTTP: who made it, which, and when."""

    who: str
    name: str
    time: datetime

    @property
    def in_words(self) -> str:
        """The call, for people."""
        return f"{self.name} by {self.who} at {self.time.isoformat()}"


def plain_http_call(record: Record) -> PlainHttpCall | None:
    """The call, if its record shows plain HTTP: a call by its caller itself, without any sign of TLS.

    Records of AWS services and of the console name no TLS either. Raises MalformedEventError.
    """
    if not _SHOWS_TLS.fullmatch(str(record.get("eventVersion"))) or _may_be_tls(record):
        return None
    actor = parse_actor(record)
    return PlainHttpCall(who=actor.who, name=text_of(record, "eventName"), time=time_of(record))


def _may_be_tls(record: Record) -> bool:
    identity, data = child_of(record, "userIdentity"), child_of(record, "additionalEventData")
    by_service = identity.get("invokedBy") or identity.get("type") == "AWSService"
    from_console = str(record.get("sessionCredentialFromConsole")).lower() == "true"
    return bool(record.get("tlsDetails") or data.get("CipherSuite") or by_service or from_console)
