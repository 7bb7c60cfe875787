"""CloudTrail as EventBridge hears it: each bucket-level write becomes an event on the default bus.

On AWS nothing is heard unless a trail logs management events (A2); here the account is taken to have one.
Read-only calls reach only rules in a state that Reseal's never have (A3), so they are left out, as are data
events for now. The event goes to the bus of the Region that the call was made in, also where CreateBucket
put its bucket elsewhere (A13, UNCONFIRMED: this is the reading that is harder on Reseal).
"""

import contextvars
import json
import logging
import time
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ministack.core import responses
from ministack.services import eventbridge, s3

from localcloud import trail_record
from localcloud.calls import Call, Response

logger = logging.getLogger("localcloud.trail")


@dataclass(frozen=True, slots=True)
class Heard:
    """A call the trail will report, with the owner its bucket had before the call acted."""

    call: Call
    owner: str | None


class Trail:
    """Delivers events in the order of their calls, from its own thread: no call waits for it or fails."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="trail")

    def before(self, call: Call) -> Heard | None:
        """Take note of a call before it acts, if it is one the trail reports."""
        changes = call.operation.startswith(("Create", "Put", "Delete")) and call.operation != "DeleteObjects"
        if (
            call.service != "s3"
            or not call.bucket
            or call.key
            or not changes
            or call.caller.kind == "Unknown"
        ):
            return None
        return Heard(call, s3._bucket_owner_account(call.bucket))

    def after(self, heard: Heard, response: Response) -> None:
        """Report a call that has ended."""
        request = contextvars.copy_context()
        delivery = self._worker.submit(request.run, self._deliver, heard, response, time.time())
        delivery.add_done_callback(_log_failure)

    def close(self) -> None:
        """Deliver nothing more."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _deliver(self, heard: Heard, response: Response, ended: float) -> None:
        """To the caller's account, and to the bucket owner's where that is another (A30)."""
        record = trail_record.record(heard.call, response, heard.owner, ended)
        accounts = [account for account in {heard.call.caller.account, heard.owner} if account]
        if len(accounts) > 1:
            record["sharedEventID"] = str(uuid.uuid4())
        time.sleep(max(0.0, ended + self._delay - time.time()))
        for account in accounts:
            with responses.request_scope(account, heard.call.region):
                _put_event(record | {"recipientAccountId": account, "eventID": str(uuid.uuid4())})


def _log_failure(delivery: Future[None]) -> None:
    if not delivery.cancelled() and (error := delivery.exception()):
        logger.error("an event was lost", exc_info=error)


def _put_event(detail: dict[str, Any]) -> None:
    """Through MiniStack's own engine, past its refusal of ``aws.`` sources, meant for customers (A1)."""
    eventbridge._put_events(
        {
            "Entries": [
                {
                    "Source": "aws.s3",
                    "DetailType": "AWS API Call via CloudTrail",
                    "Resources": [],
                    "Detail": json.dumps(detail),
                }
            ]
        },
        allow_aws_source=True,
    )
