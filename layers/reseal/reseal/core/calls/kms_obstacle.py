"""Step 1, parse: signs in a record that its caller's requests fail for objects under a KMS key.

S3 refuses such requests if they are signed with SigV2 or come without TLS (S3 User Guide, "Using
server-side encryption with AWS KMS keys").
"""

from __future__ import annotations

from reseal.core.calls.cloudtrail_record import Record

_SIGNED_WITH_SIGV2 = "the caller signs with SigV2"
_WITHOUT_TLS = "the record shows no TLS, so the caller may use plain HTTP"


def obstacle_in(record: Record) -> str | None:
    """Why the caller may fail under a KMS key; None if nothing shows it. Information only.

    That a record without `tlsDetails` is of a plain HTTP request is UNCONFIRMED (A44). Those of services
    have none either.
    """
    identity, more = record.get("userIdentity"), record.get("additionalEventData")
    signs = [_SIGNED_WITH_SIGV2] if isinstance(more, dict) and more.get("SignatureVersion") == "SigV2" else []
    of_service = isinstance(identity, dict) and (
        identity.get("type") == "AWSService" or "invokedBy" in identity
    )
    signs += [_WITHOUT_TLS] if not record.get("tlsDetails") and not of_service else []
    return " and ".join(signs) or None
