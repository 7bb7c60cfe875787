"""CloudTrail's delivery to EventBridge: calls to S3 and KMS become events on the default bus.

On AWS a call becomes an event only if a trail logs it (A2). This module assumes that the account has a trail
for management events, so every write to a bucket or a key is delivered. Read-only management events are left
out: they reach only rules in a state that Reseal's rules never have (A3). Object-level calls, the data
events, are delivered only if a logging trail of the account selects them (A36). The event goes to the bus of
the Region in which the call was made, even if CreateBucket created its bucket in another Region (A13,
UNCONFIRMED: of the possible readings this one is harder for Reseal).
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

from localcloud.cloudtrail import kms_events, kms_record, trail_data, trail_record
from localcloud.cloudtrail.kms_record import Concerned
from localcloud.cloudtrail.trail_data import Variants
from localcloud.cloudtrail.trail_selectors import Selector, selectors_of, selects
from localcloud.kms import kms_answers, kms_keys
from localcloud.kms.key_times import KeyEvent
from localcloud.request.calls import Call, Response

logger = logging.getLogger("localcloud.cloudtrail.trail")


@dataclass(frozen=True, slots=True)
class PendingEvent:
    """A call that the trail may deliver, with what it concerned and who owned that before the call acted."""

    call: Call
    owner: str | None
    concerned: Concerned | None = None

    @property
    def accounts(self) -> list[str]:
        """The caller's account, and the owner's if it is another (A30)."""
        return sorted({account for account in (self.call.caller.account, self.owner) if account})


class Trail:
    """Delivers events in the order of their calls, in its own thread: it neither delays nor fails a call."""

    def __init__(self, delay: float, variants: Variants) -> None:
        self._delay = delay
        self._variants = variants
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="trail")

    def before(self, call: Call) -> PendingEvent | None:
        """Note a call before it acts, if the trail may deliver it."""
        if call.caller.kind == "Unknown":
            return None
        if kms_record.is_recorded(call):
            concerned = kms_record.concerned(call)
            return PendingEvent(call, concerned.owner, concerned)
        if call.service != "s3" or not call.bucket:
            return None
        if not trail_data.is_data_event(call) and not _is_bucket_write(call):
            return None
        return PendingEvent(call, s3._bucket_owner_account(call.bucket))

    def after(self, pending: PendingEvent, response: Response) -> None:
        """Queue the event of a call that has ended, with the trails that log at this moment."""
        logging_ = {account: selectors_of(account, pending.call.region) for account in pending.accounts}
        if trail_data.is_data_event(pending.call) and not any(logging_.values()):
            return
        request = contextvars.copy_context()
        report = self._worker.submit(request.run, self._report, pending, response, time.time(), logging_)
        report.add_done_callback(_log_failure)

    def happened(self, event: KeyEvent) -> None:
        """Queue the events of what KMS did by itself."""
        self._worker.submit(self._deliver_own, event, time.time()).add_done_callback(_log_failure)

    def drain(self) -> None:
        """Return when the event of every call that has ended is delivered."""
        self._worker.submit(lambda: None).result()  # one worker takes all in order

    def close(self) -> None:
        """Stop delivering."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _report(
        self, pending: PendingEvent, response: Response, ended: float, logging_: dict[str, list[Selector]]
    ) -> None:
        """Deliver a management event to its accounts, an object call to those whose trails select it."""
        call, owner = pending.call, pending.owner
        if pending.concerned:
            self._report_key_call(pending, pending.concerned, response, ended)
            return
        if not trail_data.is_data_event(call):
            self._deliver(trail_record.record(call, response, owner, ended), pending, pending.accounts, ended)
            return
        for record in trail_data.records(call, response, owner, ended, self._variants):
            accounts = [
                name for name, chosen in logging_.items() if any(selects(one, record) for one in chosen)
            ]
            self._deliver(record, pending, accounts, ended)

    def _report_key_call(
        self, pending: PendingEvent, concerned: Concerned, response: Response, ended: float
    ) -> None:
        """A change of the primary Region has a record in both Regions; a rotation has events of its own."""
        record = kms_record.record(pending.call, response, concerned, ended)
        self._deliver(record, pending, pending.accounts, ended)
        if response[0] != kms_answers.OK:
            return
        if pending.call.operation == "UpdatePrimaryRegion":
            second = kms_record.in_the_new_primary_region(record, concerned.key)
            self._deliver(second, pending, pending.accounts, ended)
        for event in kms_events.after(pending.call, concerned.key):
            self._deliver_own(event, ended)

    def _deliver_own(self, event: KeyEvent, ended: float) -> None:
        """Deliver CloudTrail's record and, without a trail's help, KMS's own event."""
        record = kms_events.record(event, ended)
        time.sleep(max(0.0, ended + self._delay - time.time()))
        account, region = kms_keys.owner(event.key), record["awsRegion"]
        with responses.request_scope(account, region):
            _put_event(record | {"recipientAccountId": account, "eventID": str(uuid.uuid4())})
            if event.own_event:
                key_id = event.key.rpartition("/")[2]
                _put(event.own_event, "kms", {"key-id": key_id}, [event.key])

    def _deliver(
        self, record: dict[str, Any], pending: PendingEvent, accounts: list[str], ended: float
    ) -> None:
        if len(pending.accounts) > 1:
            record["sharedEventID"] = str(uuid.uuid4())
        time.sleep(max(0.0, ended + self._delay - time.time()))
        for account in accounts:
            with responses.request_scope(account, record["awsRegion"]):
                _put_event(record | {"recipientAccountId": account, "eventID": str(uuid.uuid4())})


def _is_bucket_write(call: Call) -> bool:
    return not call.key and call.operation.startswith(("Create", "Put", "Delete"))


def _log_failure(delivery: Future[None]) -> None:
    if not delivery.cancelled() and (error := delivery.exception()):
        logger.error("an event was lost", exc_info=error)


def _put_event(record: dict[str, Any]) -> None:
    """A record as an event (A1); what a service did by itself has a detail-type of its own (A40)."""
    kind = "Service Event" if record["eventType"] == "AwsServiceEvent" else "API Call"
    _put(f"AWS {kind} via CloudTrail", record["eventSource"].partition(".")[0], record, [])


def _put(detail_type: str, service: str, detail: dict[str, Any], resources: list[str]) -> None:
    """Through MiniStack's own engine, without its refusal of `aws.` sources, meant for customers."""
    entry = {
        "Source": f"aws.{service}",
        "DetailType": detail_type,
        "Resources": resources,
        "Detail": json.dumps(detail),
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
