"""CloudTrail as EventBridge hears it: calls to S3 become events on the default bus.

On AWS nothing is heard unless a trail logs it (A2). Of bucket-level writes, the management events, the
account is taken to have a trail that does; read-only ones reach only rules in a state that Reseal's never
have (A3), so they are left out. Object-level calls, the data events, are heard only where a trail of the
account that is logging selects them (A36). The event goes to the bus of the Region that the call was made
in, also where CreateBucket put its bucket elsewhere (A13, UNCONFIRMED: the reading harder on Reseal).
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

from localcloud import trail_data, trail_record
from localcloud.calls import Call, Response
from localcloud.trail_data import Variants
from localcloud.trail_selectors import selectors_of, selects

logger = logging.getLogger("localcloud.trail")
Event = tuple[dict[str, Any], list[str]]


@dataclass(frozen=True, slots=True)
class Heard:
    """A call the trail will report, with the owner its bucket had before the call acted."""

    call: Call
    owner: str | None

    @property
    def accounts(self) -> list[str]:
        """The caller's account, and the bucket owner's where that is another (A30)."""
        return sorted({account for account in (self.call.caller.account, self.owner) if account})


class Trail:
    """Delivers events in the order of their calls, from its own thread: no call waits for it or fails."""

    def __init__(self, delay: float, variants: Variants) -> None:
        self._delay = delay
        self._variants = variants
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="trail")

    def before(self, call: Call) -> Heard | None:
        """Take note of a call before it acts, if it is one the trail may report."""
        if call.service != "s3" or not call.bucket or call.caller.kind == "Unknown":
            return None
        if not trail_data.is_data_event(call) and not _is_bucket_write(call):
            return None
        return Heard(call, s3._bucket_owner_account(call.bucket))

    def after(self, heard: Heard, response: Response) -> None:
        """Report a call that has ended: which trails log it is settled now, delivery comes later."""
        ended = time.time()
        if trail_data.is_data_event(heard.call):
            events = self._data_events(heard, response, ended)
        else:
            record = trail_record.record(heard.call, response, heard.owner, ended)
            events = [(record, heard.accounts)]
        for record, accounts in events:
            if len(heard.accounts) > 1:
                record["sharedEventID"] = str(uuid.uuid4())
            request = contextvars.copy_context()
            delivery = self._worker.submit(request.run, self._deliver, record, accounts, ended)
            delivery.add_done_callback(_log_failure)

    def close(self) -> None:
        """Deliver nothing more."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _data_events(self, heard: Heard, response: Response, ended: float) -> list[Event]:
        """The records of an object-level call, each with the accounts whose trails select it."""
        call = heard.call
        logging_ = {account: selectors_of(account, call.region) for account in heard.accounts}
        if not any(logging_.values()):
            return []
        records = trail_data.records(call, response, heard.owner, ended, self._variants)
        return [
            (
                record,
                [name for name, chosen in logging_.items() if any(selects(one, record) for one in chosen)],
            )
            for record in records
        ]

    def _deliver(self, record: dict[str, Any], accounts: list[str], ended: float) -> None:
        time.sleep(max(0.0, ended + self._delay - time.time()))
        for account in accounts:
            with responses.request_scope(account, record["awsRegion"]):
                _put_event(record | {"recipientAccountId": account, "eventID": str(uuid.uuid4())})


def _is_bucket_write(call: Call) -> bool:
    return not call.key and call.operation.startswith(("Create", "Put", "Delete"))


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
