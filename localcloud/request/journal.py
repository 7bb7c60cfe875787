"""The journal: every AWS API call the local cloud received, and how it ended."""

import re
import time
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

from localcloud.request.calls import Call, Response

LIMIT = 20_000
ERROR_STATUS = 300
_CODE = re.compile(rb'<Code>([^<]+)</Code>|"__type"\s*:\s*"([^"]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One call. `fault` says whether an injected fault applied to it."""

    sequence: int
    time: float
    service: str
    operation: str
    resource: str
    region: str
    caller: str
    status: int
    error: str
    fault: bool
    user_agent: str


class Journal:
    """The last 20,000 calls, in the order in which they ended."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=LIMIT)
        self._count = 0

    def record(self, call: Call, response: Response, *, fault: bool) -> None:
        """Add a call that has ended."""
        self._count += 1
        self._entries.append(
            Entry(
                sequence=self._count,
                time=time.time(),
                service=call.service,
                operation=call.operation,
                resource=call.resource,
                region=call.region,
                caller=call.caller.arn,
                status=response[0],
                error=error_code(response),
                fault=fault,
                user_agent=call.headers.get("user-agent", ""),
            )
        )

    def since(self, sequence: int) -> list[dict[str, Any]]:
        """The entries after this one, as JSON values."""
        return [asdict(entry) for entry in self._entries if entry.sequence > sequence]


def error_code(response: Response) -> str:
    """The error code of a response; empty on success, and for a HEAD, which has no body."""
    status, _, body = response
    if status < ERROR_STATUS:
        return ""
    found = _CODE.search(body if isinstance(body, bytes) else str(body).encode())
    if found is None:
        return ""
    return (found[1] or found[2]).decode().rpartition("#")[2]
