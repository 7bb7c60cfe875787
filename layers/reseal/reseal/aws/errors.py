"""Translates botocore's exceptions to this package's errors, by AWS error code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from reseal.core.errors import (
    LONGEST_MESSAGE,
    AccessDeniedError,
    ChangedError,
    NotFoundError,
    RefusalError,
    TransientError,
    WrongRegionError,
)
from reseal.core.text.quoted import quoted

# The answer to a HEAD request has no body, so its code is the HTTP status (C22).
_DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "AllAccessDisabled", "AuthorizationError", "403"}
)
_NOT_FOUND = frozenset(
    {"NoSuchBucket", "NoSuchKey", "NoSuchVersion", "404", "405"}
)  # 405: a delete marker (C9)
_CHANGED = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})  # C17 to C19
_WRONG_REGION = frozenset(
    {
        "PermanentRedirect",
        "TemporaryRedirect",
        "AuthorizationHeaderMalformed",
        "IllegalLocationConstraintException",
        "301",
        "307",
    }
)
_TRANSIENT = frozenset(
    {
        "OperationAborted",  # S3: a conflicting call on the bucket is in progress (409)
        "NoSuchUpload",  # S3: another caller or the bucket's lifecycle aborted the upload; a new one can work
        "SlowDown",
        "429",
        "RequestTimeout",
        "RequestTimeTooSkewed",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "InvalidAccessKeyId",
        "UnrecognizedClientException",
        "KMSInternalException",
        "DependencyTimeoutException",
        "RequestLimitExceeded",
    }
)
_REFUSALS = ((_DENIED, AccessDeniedError), (_NOT_FOUND, NotFoundError), (_CHANGED, ChangedError))
_FIRST_SERVER_ERROR = 500
_NEVER_PASSES = frozenset(
    {"NotImplemented", "501"}
)  # a server error by its status only; retrying cannot help
_THROUGH_S3 = "KMS."
"""The prefix that S3 adds to the code of an error from KMS (F9)."""


@contextmanager
def translated(action: str) -> Iterator[None]:
    """Run one AWS call that needs the IAM `action`. Raises RefusalError or TransientError if it fails."""
    try:
        yield
    except ClientError as error:
        raise _translate(error, action) from error
    except BotoCoreError as error:  # no answer at all: connection, time-out, credentials
        raise TransientError(f"{action}: {error}") from error


def _translate(error: ClientError, action: str) -> RefusalError | TransientError:
    answer = error.response
    code = str(answer.get("Error", {}).get("Code", ""))
    message = str(answer.get("Error", {}).get("Message", ""))
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _WRONG_REGION:
        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        return WrongRegionError(code, action, message, headers.get("x-amz-bucket-region"))
    for codes, refusal in _REFUSALS:
        if code.removeprefix(_THROUGH_S3) in codes:
            return refusal(code, action, message)
    if _passes(code.removeprefix(_THROUGH_S3), status):
        return TransientError(f"{action}: {code}: {quoted(message, LONGEST_MESSAGE)}")
    return RefusalError(code, action, message)


def _passes(code: str, status: int) -> bool:
    if code in _NEVER_PASSES:
        return False
    return status >= _FIRST_SERVER_ERROR or code in _TRANSIENT or "Throttl" in code
