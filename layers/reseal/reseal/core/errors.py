"""The errors of this package, and who must act on each.

ResealError
├── SettingsError         the operator: a setting is missing or wrong; every invocation fails
├── MalformedEventError   the sender: the event is not a CloudTrail record this lane can read
├── TransientError        no action: throttling, 5xx or a conflict; the message returns to its queue
│   └── LeaseHeldError    no action: another invocation is processing the same event
└── RefusalError          AWS refused; retrying cannot help
    ├── AccessDeniedError     the operator: a permission is missing
    ├── NotFoundError         no action: the resource no longer exists
    ├── ChangedError          no action: a newer write came first, and that write has its own event
    ├── CustomerKeyError      the writer: S3 does not describe an SSE-C object without the writer's key
    └── WrongRegionError      the operator: the bucket is in another Region; deploy Reseal there
"""

from __future__ import annotations

from reseal.core.text.quoted import quoted

LONGEST_MESSAGE = 1400
"""AWS names the caller, the action and the resource in a message, which can be a key of 1,024 bytes."""


class ResealError(Exception):
    """Base of every error this package raises on purpose."""


class SettingsError(ResealError):
    """A setting is missing or contradicts another; the message lists every fault found."""


class MalformedEventError(ResealError):
    """The event lacks a field that this lane needs, or the field has a form that AWS does not document."""


class TransientError(ResealError):
    """AWS could not answer now; a later delivery of the same message may succeed."""


class LeaseHeldError(TransientError):
    """Another invocation holds the lease on this event's ledger entry."""


class RefusalError(ResealError):
    """AWS refused a call for a reason that a retry does not change.

    `code` is AWS's error code, `action` the IAM action of the call.
    """

    def __init__(self, code: str, action: str, message: str) -> None:
        super().__init__(f"{action}: {code}: {quoted(message, LONGEST_MESSAGE)}")
        self.code, self.action, self.message = code, action, message


class AccessDeniedError(RefusalError):
    """A policy (identity, resource, key, boundary or organisation) denies `action`."""


class NotFoundError(RefusalError):
    """The bucket, the object or the object version does not exist."""


class ChangedError(RefusalError):
    """A precondition failed: another writer has written the object or is writing it."""


class CustomerKeyError(RefusalError):
    """S3 requires the customer-provided key of the object (SSE-C)."""


class WrongRegionError(RefusalError):
    """The bucket is in another Region; `region` names it, or is None if S3 did not say."""

    def __init__(self, code: str, action: str, message: str, region: str | None) -> None:
        super().__init__(code, action, message)
        self.region = region
