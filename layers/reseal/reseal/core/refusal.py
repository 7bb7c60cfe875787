"""Step 5: what it means for an event when AWS refuses a call for good."""

from __future__ import annotations

from reseal.core.decision import Failed, SkipCause, Skipped
from reseal.core.errors import AccessDeniedError, ElsewhereError, GoneError, RefusalError


def outcome_of_refusal(refusal: RefusalError) -> Skipped | Failed:
    """Nothing to do for what is gone or elsewhere; everything else failed, and says why."""
    match refusal:
        case GoneError():
            return Skipped(cause=SkipCause.GONE, reason="the bucket no longer exists")
        case ElsewhereError():
            region = refusal.region or "another Region"
            reason = f"the bucket lives in {region}: deploy Reseal there"
            return Skipped(cause=SkipCause.ELSEWHERE, reason=reason)
        case AccessDeniedError():
            reason = (
                f"{refusal.action} is denied to Reseal's role ({refusal.message}): by a policy of the "
                "bucket, the organisation or the role, or because the bucket is now another account's"
            )
            return Failed(code=refusal.code, reason=reason, denied_action=refusal.action)
        case _:
            reason = f"AWS refused {refusal.action} with {refusal.code}: {refusal.message}"
            return Failed(code=refusal.code, reason=reason)
