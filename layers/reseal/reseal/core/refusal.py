"""Step 5: the outcome of an event when AWS refuses a call and retrying cannot help."""

from __future__ import annotations

import re

from reseal.core.errors import (
    LONGEST_MESSAGE,
    AccessDeniedError,
    ChangedError,
    NotFoundError,
    RefusalError,
    WrongRegionError,
)
from reseal.core.outcome import Failed, SkipCause, Skipped
from reseal.core.text.quoted import named, quoted

_LOCK = "Object Lock"
_PUBLIC_BLOCKED = "BlockPublicPolicy"  # S3 User Guide, "Troubleshoot access denied (403 Forbidden) errors"
_CODE = re.compile(r"[A-Za-z0-9.]{1,80}")
_DENIED = re.compile(r"not authorized to perform: ([a-z0-9-]{1,40}:[A-Za-z]{1,80})")


def outcome_of_refusal(refusal: RefusalError, what: str = "bucket") -> Skipped | Failed:
    """Skipped if the resource was not found, is in another Region or was written again; else Failed.

    `what` names the kind of resource in the reason: "bucket" or "object".
    """
    if reason := _by_the_resource(refusal, what):
        return Failed(code=refusal.code, reason=reason)
    match refusal:
        case NotFoundError():
            return Skipped(cause=SkipCause.GONE, reason=f"the {what} no longer exists")
        case ChangedError():
            return written_again(what)
        case WrongRegionError():
            region = named(refusal.region) if refusal.region else "another Region"
            reason = f"the bucket is in {region}: deploy Reseal there"
            return Skipped(cause=SkipCause.ELSEWHERE, reason=reason)
        case AccessDeniedError():
            return denied(refusal)
        case _:
            reason = f"AWS refused {refusal.action} with {_code(refusal)}: {_message(refusal)}"
            return Failed(code=refusal.code, reason=reason)


def denied(refusal: AccessDeniedError) -> Failed:
    """The failure of a call that a policy denies."""
    action = _denied_action(refusal)
    reason = (
        f"{action} is denied to Reseal's role ({_message(refusal)}): a policy of the {_by(action)}, "
        f"the organisation or the role denies it, or the {_by(action)} belongs to another account"
    )
    return Failed(code=refusal.code, reason=reason, denied_action=action)


def _by_the_resource(refusal: RefusalError, what: str) -> str | None:
    """Why S3 refused, if no permission is missing: what the resource is protects it from the call."""
    if refusal.code == "MalformedPolicy":
        return (
            "S3 refused the bucket policy as a whole: it does so if a principal that it names was deleted "
            f"since: {_message(refusal)}"
        )
    if not isinstance(refusal, AccessDeniedError):
        return None
    if _LOCK in refusal.message:  # D5
        return f"S3 Object Lock protects the {what} from {refusal.action}: {_message(refusal)}"
    if _PUBLIC_BLOCKED in refusal.message:
        return (
            f"S3 refused {refusal.action}, because the new bucket policy is public, as the one before, and "
            f"BlockPublicPolicy is on: {_message(refusal)}"
        )
    return None


def written_again(what: str) -> Skipped:
    """Nothing to do: a newer write replaced this one, and that write has its own event."""
    reason = f"the {what} was written again since: that write has its own event"
    return Skipped(cause=SkipCause.NEWER, reason=reason)


def _denied_action(refusal: RefusalError) -> str:
    """The IAM action that AWS names as denied: S3 also reports a KMS action that it was denied (F9)."""
    named = _DENIED.search(refusal.message)
    return named[1] if named else refusal.action


def _message(refusal: RefusalError) -> str:
    return quoted(refusal.message, LONGEST_MESSAGE)


def _code(refusal: RefusalError) -> str:
    return refusal.code if _CODE.fullmatch(refusal.code) else quoted(refusal.code)


def _by(action: str) -> str:
    return "key" if action.startswith("kms:") else "bucket"
