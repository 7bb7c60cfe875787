"""`/_localcloud/`: the control endpoints for tests; requests are unsigned, on the same port."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from localcloud.cloudtrail.trail import Trail
from localcloud.faults.faults import Faults
from localcloud.kms import key_times, shared_policies
from localcloud.request import function_calls
from localcloud.request.journal import Journal
from localcloud.s3.objects import encryption_contexts, object_age, object_state
from localcloud.services.topic_messages import Emails

PREFIX = "/_localcloud/"
KNOWN = (
    "known are GET ready, GET journal?since=N, GET emails?since=N, "
    "GET encryption-context?bucket=B&key=K&version=V, GET function-session?function=ARN, "
    "POST object-age and object-state with bucket, key and version, POST trail-drained, "
    "POST key-sharing with key and policy, POST key-event with key and event, and GET, POST, DELETE faults"
)
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def with_control(
    application: Application, journal: Journal, faults: Faults, trail: Trail, emails: Emails
) -> Application:
    """The application behind the control endpoints."""

    async def controlled(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await application(scope, receive, send)
            return
        body = await _body(receive)
        if (scope["method"], scope["path"]) == ("POST", f"{PREFIX}trail-drained"):
            await asyncio.to_thread(trail.drain)  # the trail delivers through this loop's own server
        status, answer = _answer(scope, body, journal, faults, trail, emails)
        await _send_json(send, status, answer)

    return controlled


def _answer(
    scope: Scope, body: bytes, journal: Journal, faults: Faults, trail: Trail, emails: Emails
) -> tuple[int, Any]:
    query = parse_qs(scope["query_string"].decode())
    answers: dict[tuple[str, str], Callable[[], Any]] = {
        ("GET", "ready"): lambda: {"ready": True, "process": os.getpid()},
        ("GET", "journal"): lambda: journal.since(_since(query)),
        ("GET", "emails"): lambda: emails.since(_since(query)),
        ("GET", "encryption-context"): lambda: {"context": encryption_contexts.read(**_names(query))},
        ("GET", "function-session"): lambda: function_calls.session_of(query["function"][0]),
        ("POST", "object-age"): lambda: {"found": object_age.make_older(**json.loads(body))},
        ("POST", "object-state"): lambda: object_state.put_state(**json.loads(body)),
        ("POST", "key-sharing"): lambda: shared_policies.share(**json.loads(body)),
        ("POST", "key-event"): lambda: trail.happened(key_times.happen(**json.loads(body))),
        ("POST", "trail-drained"): lambda: {"drained": True},
        ("GET", "faults"): faults.listed,
        ("POST", "faults"): lambda: {"id": faults.add(json.loads(body))},
        ("DELETE", "faults"): faults.clear,
    }
    answer = answers.get((scope["method"], scope["path"].removeprefix(PREFIX)))
    if answer is None:
        return 404, {"error": KNOWN}
    try:
        return 200, answer()
    except (TypeError, ValueError) as error:
        return 400, {"error": str(error)}


def _since(query: dict[str, list[str]]) -> int:
    return int(query.get("since", ["0"])[0])


def _names(query: dict[str, list[str]]) -> dict[str, str]:
    return {name: query[name][0] for name in ("bucket", "key", "version") if name in query}


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


async def _send_json(send: Send, status: int, answer: Any) -> None:
    body = json.dumps(answer).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
