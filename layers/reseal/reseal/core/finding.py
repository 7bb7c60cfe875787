"""Step 6, value: what people and machines are told of one violation."""

from __future__ import annotations

import shlex
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from json import dumps
from typing import Any

from reseal.core.api_call import BucketCall
from reseal.core.checks.catalogue import BUCKET_CHECKS, CHECK_BY_ID, BucketCheck
from reseal.core.decision import (
    Applied,
    Decision,
    Failed,
    Outcome,
    Report,
    Severity,
    Skipped,
    Violation,
)
from reseal.core.encryption import BucketEncryption
from reseal.core.ownership import Ownership
from reseal.core.policy import CheckMode, Mode, Policy

SCHEMA = "reseal.finding/1"
_NAMESPACE = uuid.UUID("5b1f7f2e-6a0d-5c0e-9d57-2f6c3a6f7a10")


class Status(StrEnum):
    """What became of a violation."""

    REMEDIATED = "REMEDIATED"
    DETECTED = "DETECTED"
    REPORTED = "REPORTED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One violation of one check by one API call, and what was done about it.

    `before` and `after` are None where the bucket could not be read, or was not written.
    `seconds_to_repair` runs from the API call to the verified write. `owner` is the tool that set
    the bucket up, where one is known.
    """

    check: BucketCheck
    severity: Severity
    status: Status
    call: BucketCall
    policy: Policy
    reason: str
    way_out: str | None = None
    before: BucketEncryption | None = None
    after: BucketEncryption | None = None
    seconds_to_repair: float | None = None
    owner: Ownership | None = None

    @property
    def resource_arn(self) -> str:
        """The bucket's ARN."""
        return f"arn:{self.policy.partition}:s3:::{self.call.bucket}"

    @property
    def id(self) -> str:
        """The same for every report of the same violation, so that repeats can be dropped."""
        return str(uuid.uuid5(_NAMESPACE, f"{self.resource_arn}|{self.check.id}|{self.call.event_id}"))

    @property
    def undo(self) -> str | None:
        """The command that restores what was; None where nothing was written."""
        if self.status is not Status.REMEDIATED or self.before is None:
            return None
        words = ["aws", "s3api", "put-bucket-encryption", "--region", self.policy.region]
        words += ["--bucket", self.call.bucket, "--expected-bucket-owner", self.policy.account]
        words += ["--server-side-encryption-configuration", dumps(self.before.to_s3())]
        return shlex.join(words)

    @property
    def runbook(self) -> str:
        """Where the runbook tells what to do about this check."""
        return f"docs/runbook.md#{self.check.id.replace('.', '').lower()}"

    def to_document(self) -> dict[str, Any]:
        """The finding as the JSON of docs/finding.schema.json."""
        actor, call = self.call.actor, self.call
        return {
            "schema": SCHEMA,
            "id": self.id,
            "check": self.check.id,
            "title": f"{self.check.title} of bucket {call.bucket}",
            "severity": self.severity.name,
            "status": self.status.value,
            "resource": {"type": "AWS::S3::Bucket", "arn": self.resource_arn, "name": call.bucket},
            "account": self.policy.account,
            "region": self.policy.region,
            "actor": {
                "who": actor.who,
                "session": actor.session,
                "account": actor.account,
                "address": actor.address,
                "tool": actor.tool,
            },
            "api_call": {"name": call.name, "time": call.time.isoformat(), "event_id": call.event_id},
            "required": self.check.requires(self.policy),
            "before": self.before.to_document() if self.before else None,
            "after": self.after.to_document() if self.after else None,
            "action": "PutBucketEncryption" if self.status is Status.REMEDIATED else None,
            "reason": self.reason,
            "way_out": self.way_out,
            "managed_by": self.owner.to_document() if self.owner else None,
            "seconds_to_repair": self.seconds_to_repair,
            "controls": list(self.check.controls),
            "undo": self.undo,
            "runbook": self.runbook,
        }


def findings_of(
    policy: Policy,
    call: BucketCall,
    before: BucketEncryption,
    decisions: Mapping[str, Decision],
    outcome: Outcome | None,
) -> tuple[Finding, ...]:
    """The findings of one event: from what was decided *and* what came of it, never from one alone.

    `outcome` is that of the event's one write; None where nothing was to be written.
    """
    violations = {check: d for check, d in decisions.items() if isinstance(d, Violation)}
    drafts = (_finding(policy, call, before, check, violations[check], outcome) for check in violations)
    return tuple(finding for finding in drafts if finding is not None)


def refusal_finding(policy: Policy, call: BucketCall, failed: Failed) -> Finding:
    """The finding of an event whose bucket could not be read, so that no check could judge it."""
    return Finding(
        check=BUCKET_CHECKS[0],
        severity=Severity.HIGH,
        status=Status.FAILED,
        call=call,
        policy=policy,
        reason=f"no check could judge the bucket: {failed.reason}",
        way_out=_way_out(failed),
    )


def _finding(
    policy: Policy,
    call: BucketCall,
    before: BucketEncryption,
    check_id: str,
    violation: Violation,
    outcome: Outcome | None,
) -> Finding | None:
    check, severity, reason = CHECK_BY_ID[check_id], violation.severity, violation.reason
    common: dict[str, Any] = {"check": check, "call": call, "policy": policy, "before": before}
    if isinstance(violation, Report):
        status, way_out = Status.REPORTED, violation.way_out
        return Finding(status=status, severity=severity, reason=reason, way_out=way_out, **common)
    if policy.mode_of(check_id) is not CheckMode.ENFORCE:
        status, way_out = Status.DETECTED, _how_to_enforce(policy, check)
        return Finding(status=status, severity=severity, reason=reason, way_out=way_out, **common)
    match outcome:
        case Applied():
            seconds = max(0.0, round((outcome.at - call.time).total_seconds(), 3))
            common |= {"after": outcome.after, "seconds_to_repair": seconds}
            return Finding(status=Status.REMEDIATED, severity=severity, reason=reason, **common)
        case Failed():
            return Finding(
                status=Status.FAILED,
                severity=max(severity, Severity.HIGH),
                reason=f"{reason}; the remediation failed: {outcome.reason}",
                way_out=_way_out(outcome),
                **common,
            )
        case Skipped() | None:
            return None


def _how_to_enforce(policy: Policy, check: BucketCheck) -> str:
    if policy.mode is Mode.DETECT:
        return "nothing was changed: this stack is deployed with Mode=detect"
    return f"nothing was changed: the mode of the {check.title} check is report"


def _way_out(failed: Failed) -> str:
    if failed.denied_action:
        return f"allow {failed.denied_action} to Reseal's role; it looks again at the bucket's next change"
    return "see the code in AWS's documentation, put its cause right, then repeat the API call"
