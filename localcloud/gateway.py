"""The path of every AWS API call: fault before, MiniStack, fault after, journal, trail."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from localcloud.cloudtrail.trail import Trail
from localcloud.faults import fault_answers
from localcloud.faults.faults import Fault, Faults
from localcloud.request import anchors
from localcloud.request.calls import CURRENT, Call, Response, describe
from localcloud.request.journal import Journal

Dispatch = Callable[[str, str, dict[str, str], bytes, dict[str, list[str]], str], Awaitable[Response]]


def install(journal: Journal, faults: Faults, trail: Trail) -> None:
    """Wrap MiniStack's own dispatcher."""
    anchors.replace("app._dispatch_service_request", partial(_dispatch, journal, faults, trail))


async def _dispatch(
    journal: Journal,
    faults: Faults,
    trail: Trail,
    ministack: Dispatch,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query: dict[str, list[str]],
    request_id: str,
) -> Response:
    call = describe(method, path, headers, body, query)
    CURRENT.set(call)
    fault = faults.take(call)
    pending = trail.before(call)

    async def act() -> Response:
        return await ministack(method, path, headers, body, query, request_id)

    acted, answered = await _with_fault(fault, call, act)
    for response in (acted, answered):
        if response is not None:  # as on AWS, where the id of refused requests is in CloudTrail's record, too
            response[1].setdefault("x-amz-request-id", request_id)
    journal.record(call, answered, fault=fault is not None)
    if pending is not None:
        trail.after(pending, acted or answered)
    return answered


async def _with_fault(
    fault: Fault | None, call: Call, act: Callable[[], Awaitable[Response]]
) -> tuple[Response | None, Response]:
    """MiniStack's response, if the call reached it, and the response for the caller."""
    if fault is not None and fault.kind == "error":
        return None, fault_answers.answer(fault, call)
    if fault is not None and fault.kind == "delay":
        await asyncio.sleep(fault.seconds)
    acted = await act()
    if fault is not None and fault.kind == "lost_response":
        return acted, fault_answers.answer(fault, call)
    return acted, acted
