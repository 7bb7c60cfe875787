"""Step 3, decide: the guard that finds bucket policies that refuse what a remediation would write.

A policy that denies writes without a certain encryption header, or with another key, makes its writers
name that encryption. The bucket's default then applies to nobody, and Reseal's own write is refused.
Source: Amazon S3 User Guide, "Actions, resources, and condition keys for Amazon S3" (PutObject).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reseal.core.access.callers import Caller, Kind
from reseal.core.access.evaluator import RESOURCE, applies, with_variables_of
from reseal.core.access.grantees import ENCRYPTION_HEADER, KEY_HEADER
from reseal.core.access.iam_policy import Statement, conditions, listed
from reseal.core.access.patterns import objects_of
from reseal.core.access.ranges import ABSENT, Range, always
from reseal.core.access.requests import Requests
from reseal.core.checks.catalogue import Decisions
from reseal.core.decision import Decision, Remediate
from reseal.core.guards.guarded import Guarded, Reads
from reseal.core.policy.requirements import Requirements
from reseal.core.resource import BucketResource, ObjectResource, S3Resource
from reseal.core.state.change import EncryptionChange
from reseal.core.text.quoted import SHORT, named, quoted

_CUSTOMER_HEADER = f"{ENCRYPTION_HEADER}-customer-algorithm"
_HEADERS = frozenset({ENCRYPTION_HEADER, KEY_HEADER, _CUSTOMER_HEADER})


def guard_own_write(
    requirements: Requirements, guarded: Guarded, reads: Reads, decisions: Decisions
) -> Decisions:
    """Replaces each remediation that the bucket policy lets nobody follow with a manual finding."""
    return {
        check: _unless_denied(requirements, guarded, reads, decision) for check, decision in decisions.items()
    }


def _unless_denied(
    requirements: Requirements, guarded: Guarded, reads: Reads, decision: Decision
) -> Decision:
    """The decision, or a manual finding that names the statement that may deny such writes."""
    if not isinstance(decision, Remediate) or not isinstance(decision.change, EncryptionChange):
        return decision
    change = decision.change
    if not (change.key_arn or change.algorithm):
        return decision
    after = guarded.after(change)
    encryption = {ENCRYPTION_HEADER: always(after.algorithm or ""), KEY_HEADER: always(after.key_id or "")}
    asked = _writes(requirements, guarded.resource, encryption)
    statement = _denying_statement(reads.access().policy or {}, asked)
    if statement is None:
        return decision
    asked_for = f"{after.algorithm} under {named(after.key_id or 'aws/s3')}"
    return decision.stopped(
        because=(
            f"{statement} of the bucket policy denies writes that ask for {asked_for}: "
            "it demands another encryption of every writer"
        ),
        recommendation=(
            f"change that statement so that it admits {asked_for}, and the writers that "
            f"follow it; then write the {_what_again(guarded.resource)}"
        ),
    )


def _writes(requirements: Requirements, resource: S3Resource, encryption: Mapping[str, Range]) -> Requests:
    """The writes of the account's callers to the resource under this encryption."""
    partition = requirements.partition
    objects = objects_of(resource, partition)
    known = {RESOURCE: Range(present=True, within=(objects,)), _CUSTOMER_HEADER: ABSENT, **encryption}
    return Requests.of(Caller(Kind.ACCOUNT, requirements.account, requirements.account), partition, **known)


def _what_again(resource: S3Resource) -> str:
    match resource:
        case BucketResource():
            return "default encryption"
        case ObjectResource():
            return "object again"


def _denying_statement(bucket_policy: Mapping[str, Any], asked: Requests) -> str | None:
    """The first Deny about an encryption header that may apply to one of the writes, in words."""
    requests = with_variables_of(bucket_policy, asked)
    for number, statement in enumerate(listed(bucket_policy.get("Statement")), start=1):
        if _is_about_encryption(statement) and applies(statement, requests, "s3:PutObject") is not False:
            sid = statement.get("Sid")
            return f"statement {number}" + (f" ({quoted(str(sid), SHORT)})" if sid else "")
    return None


def _is_about_encryption(statement: Statement) -> bool:
    if not isinstance(statement, Mapping) or statement.get("Effect") != "Deny":
        return False
    return any(key in _HEADERS for _, key, _ in conditions(statement))
