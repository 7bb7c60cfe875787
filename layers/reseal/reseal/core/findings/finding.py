"""Step 6, value: one violation and what was done about it, as facts. `render` gives them their forms."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from reseal.core.calls.look import Look
from reseal.core.calls.trigger import Trigger
from reseal.core.checks.catalogue import Check
from reseal.core.decision import Severity
from reseal.core.findings.occurrences import Incident, Occurrences
from reseal.core.findings.ownership import Ownership
from reseal.core.resource import Resource
from reseal.core.state.setting import State

_NAMESPACE = uuid.UUID("5b1f7f2e-6a0d-5c0e-9d57-2f6c3a6f7a10")


class Status(StrEnum):
    """The status of a violation after the event."""

    REMEDIATED = "REMEDIATED"
    DETECTED = "DETECTED"
    MANUAL = "MANUAL"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A write that was made, and verified at `at`.

    `action` is the API call that wrote. `restores` is the state that undoing it restores, and `details` is
    the ledger's further evidence of the state before.
    """

    action: str
    after: State
    at: datetime
    restores: State
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """The write that mode `enforce` would make of a setting, for all its checks. The guards let it pass.

    `action` is the API call, and `details` is what the ledger would hold of the state before.
    """

    action: str
    intended: State
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One violation of one check, seen after an API call or by a look, and what was done about it.

    `account` and `region` are the deployment's. `required` says what was required of the resource, `runbook`
    is the address of the section about it. `set_by_call` is whether the call can have set the reported
    state: False is certain, None means unknown. `before` is None if the resource could not be read,
    `written` if nothing was written. `owner` is the tool that manages the bucket, if known. `occurrences`
    describes all equal violations that this finding represents; None if there is only this one.
    `ledger_entry` is the id of the entry of the write. `repaired_before` says that another trigger led to the
    write, before this call's event came. `proposed` is what would repair a DETECTED violation;
    None if the guards have not judged it. `handed`: another lane repairs it, or reports why not.
    """

    check: Check
    severity: Severity
    status: Status
    call: Trigger
    account: str
    region: str
    resource_arn: str
    required: str
    runbook: str
    reason: str
    recommendation: str | None = None
    set_by_call: bool | None = None
    before: State | None = None
    written: Written | None = None
    owner: Ownership | None = None
    occurrences: Occurrences | None = None
    ledger_entry: str | None = None
    proposed: Proposed | None = None
    repaired_before: bool = False
    handed: bool = False

    @property
    def who(self) -> str | None:
        """The caller; None if no call led to the finding."""
        return None if isinstance(self.call, Look) else self.call.actor.who

    @property
    def resource(self) -> Resource:
        """The resource of the violation."""
        return self.call.resource

    @property
    def incident(self) -> Incident | None:
        """The SSE-C incident that it belongs to, if any."""
        return self.occurrences.incident if self.occurrences else None

    @property
    def id(self) -> str:
        """The same id for every report of the same violations, so that receivers can drop duplicates.

        What a look led to has another: it can be the outcome of what was reported under the same event.
        """
        one = f"{self.resource_arn}|{self.check.id}|{self.call.event_id}"
        if self.repaired_before:  # the same event may have another finding of the same check
            one += "|repaired before"
        one += "|look" if isinstance(self.call, Look) else ""
        several = self.occurrences.ids if self.occurrences else ()
        return str(uuid.uuid5(_NAMESPACE, "|".join(several) or one))

    @property
    def seconds_to_remediate(self) -> float | None:
        """The time from the API call to the verified write; None if nothing was written."""
        if self.written is None:
            return None
        return max(0.0, round((self.written.at - self.call.time).total_seconds(), 3))
