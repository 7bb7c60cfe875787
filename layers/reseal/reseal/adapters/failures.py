"""From botocore's exceptions to this package's, by AWS's error codes, in one place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from reseal.core.errors import (
    AccessDeniedError,
    ElsewhereError,
    GoneError,
    RefusalError,
    TransientError,
)

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AllAccessDisabled", "AuthorizationError"})
_GONE = frozenset({"NoSuchBucket"})
_ELSEWHERE = frozenset(
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
        "ConditionalRequestConflict",
        "SlowDown",
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
_FIRST_SERVER_ERROR = 500


@contextmanager
def translated(action: str) -> Iterator[None]:
    """Run one AWS call that needs the IAM `action`; raise RefusalError or TransientError if it fails."""
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
    if code in _DENIED:
        return AccessDeniedError(code, action, message)
    if code in _GONE:
        return GoneError(code, action, message)
    if code in _ELSEWHERE:
        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        return ElsewhereError(code, action, message, headers.get("x-amz-bucket-region"))
    if status >= _FIRST_SERVER_ERROR or code in _TRANSIENT or "Throttl" in code:
        return TransientError(f"{action}: {code}: {message}")
    return RefusalError(code, action, message)
