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

from localcloud.cloudtrail import trail_data, trail_record
from localcloud.cloudtrail.trail_data import Variants
from localcloud.cloudtrail.trail_selectors import Selector, selectors_of, selects
from localcloud.request.calls import Call, Response

logger = logging.getLogger("localcloud.cloudtrail.trail")


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
        """Report a call that has ended: which trails log now is settled here, all else comes later."""
        logging_ = {account: selectors_of(account, heard.call.region) for account in heard.accounts}
        if trail_data.is_data_event(heard.call) and not any(logging_.values()):
            return
        request = contextvars.copy_context()
        report = self._worker.submit(request.run, self._report, heard, response, time.time(), logging_)
        report.add_done_callback(_log_failure)

    def drain(self) -> None:
        """Return when every call that has ended by now is delivered."""
        self._worker.submit(lambda: None).result()  # one worker takes all in order

    def close(self) -> None:
        """Deliver nothing more."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _report(
        self, heard: Heard, response: Response, ended: float, logging_: dict[str, list[Selector]]
    ) -> None:
        """Tell the accounts of a bucket-level write, and those of an object call whose trails select it."""
        call, owner = heard.call, heard.owner
        if not trail_data.is_data_event(call):
            self._deliver(trail_record.record(call, response, owner, ended), heard, heard.accounts, ended)
            return
        for record in trail_data.records(call, response, owner, ended, self._variants):
            accounts = [
                name for name, chosen in logging_.items() if any(selects(one, record) for one in chosen)
            ]
            self._deliver(record, heard, accounts, ended)

    def _deliver(self, record: dict[str, Any], heard: Heard, accounts: list[str], ended: float) -> None:
        if len(heard.accounts) > 1:
            record["sharedEventID"] = str(uuid.uuid4())
        time.sleep(max(0.0, ended + self._delay - time.time()))
        for account in accounts:
            with responses.request_scope(account, heard.call.region):
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
