"""What can go wrong, by who must act.

ResealError
├── SettingsError         the operator: a setting is missing or wrong; every invocation fails
├── MalformedEventError   whoever sends: the event is not a CloudTrail record this lane can read
├── TransientError        time: throttling, 5xx, conflicts; the message goes back to its queue
│   └── LeaseHeldError    time: another invocation is handling the same event
└── RefusalError          nobody yet: AWS answered, and the answer settles this event
    ├── AccessDeniedError     the operator: a permission is missing
    ├── GoneError             nobody: the resource no longer exists
    ├── ChangedError          nobody: somebody's newer write came first; it has an event of its own
    ├── CustomerKeyError      the writer: S3 answers nothing about an object without the writer's key
    └── ElsewhereError        nobody here: the resource belongs to another Region's deployment
"""

from __future__ import annotations


class ResealError(Exception):
    """Base of every error this package raises on purpose."""


class SettingsError(ResealError):
    """A setting is missing or contradicts another; the message lists every fault found."""


class MalformedEventError(ResealError):
    """The event lacks a field this lane needs, or carries it in a shape AWS does not document."""


class TransientError(ResealError):
    """AWS could not answer now; a later delivery of the same message may succeed."""


class LeaseHeldError(TransientError):
    """Another invocation holds the lease on this event's ledger entry."""


class RefusalError(ResealError):
    """AWS refused a call for a reason that a retry does not change.

    `code` is AWS's error code, `action` the IAM action of the call.
    """

    def __init__(self, code: str, action: str, message: str) -> None:
        super().__init__(f"{action}: {code}: {message}")
        self.code, self.action, self.message = code, action, message


class AccessDeniedError(RefusalError):
    """A policy (identity, resource, key, boundary or organisation) denies `action`."""


class NotFoundError(RefusalError):
    """The bucket, the object or the version of it does not exist any more."""


class ChangedError(RefusalError):
    """A precondition did not hold: the object was written, or is being written, by somebody else."""


class CustomerKeyError(RefusalError):
    """S3 demands the customer-provided key of an object (SSE-C)."""


class WrongRegionError(RefusalError):
    """The bucket lives in another Region; `region` names it where S3 said so."""

    def __init__(self, code: str, action: str, message: str, region: str | None) -> None:
        super().__init__(code, action, message)
        self.region = region
