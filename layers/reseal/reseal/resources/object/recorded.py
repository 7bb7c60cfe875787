"""Steps 2 and 3 for a write that is reported from its record: the object is neither read nor written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reseal.core.calls.object_call import ObjectCall
from reseal.core.calls.trigger import ObjectTrigger
from reseal.core.checks.catalogue import Decisions, decisions_of
from reseal.core.checks.object_encryption import ObservedEncryption
from reseal.core.decision import Decision, Manual, Remediate
from reseal.core.policy.requirements import Requirements
from reseal.core.state.bucket_encryption import SSE_C
from reseal.core.state.kms_key import KeyDescription
from reseal.core.state.object_encryption import CUSTOMER_KEY, ObjectEncryption
from reseal.core.state.setting import Setting, State
from reseal.ports import Keys
from reseal.resources.kms_keys import describe_if_it_matters


@dataclass(frozen=True, slots=True, kw_only=True)
class AsRecorded:
    """The encryption of an object as the record of its write states it."""

    encryption: ObjectEncryption
    kms_key: KeyDescription | None = None

    @property
    def settings(self) -> Mapping[str, State]:
        """The state of each setting that the check judges."""
        return {Setting.OBJECT_ENCRYPTION: self.encryption}


def as_recorded(requirements: Requirements, call: ObjectCall, keys: Keys) -> AsRecorded:
    """What the record states, and its key if KMS must be asked about it. Raises TransientError."""
    stated = call.stated
    if stated.algorithm == SSE_C or stated.key_id is None:
        return AsRecorded(encryption=CUSTOMER_KEY)
    return AsRecorded(
        encryption=ObjectEncryption(algorithm=stated.algorithm, key_id=stated.key_id),
        kms_key=describe_if_it_matters(requirements, keys, stated.key_id),
    )


def decide_recorded(requirements: Requirements, call: ObjectTrigger, recorded: AsRecorded) -> Decisions:
    """The decision, for a person to act on."""
    judged = ObservedEncryption(encryption=recorded.encryption, kms_key=recorded.kms_key)
    return {check: _manual(one) for check, one in decisions_of(requirements, call, judged).items()}


def _manual(decision: Decision) -> Decision:
    if not isinstance(decision, Remediate):
        return decision
    return Manual(
        severity=decision.severity,
        reason=f"as the record of the call says, {decision.reason}",
        recommendation=(
            "find out who made the call and why, then write the object again under an approved key: Reseal "
            "has no right to it, or it was not complete yet"
        ),
    )
