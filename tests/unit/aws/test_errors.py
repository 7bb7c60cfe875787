"""From AWS's error codes to this package's errors: the whole table."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from reseal.aws.errors import translated
from reseal.core.errors import (
    AccessDeniedError,
    ChangedError,
    NotFoundError,
    RefusalError,
    TransientError,
    WrongRegionError,
)

ACTION = "s3:PutEncryptionConfiguration"
DENIED = [
    ("AccessDenied", 403),
    ("AccessDeniedException", 400),
    ("AllAccessDisabled", 403),
    ("AuthorizationError", 403),
    ("403", 403),
    ("KMS.AccessDeniedException", 400),
]
ELSEWHERE = [
    ("PermanentRedirect", 301),
    ("TemporaryRedirect", 307),
    ("AuthorizationHeaderMalformed", 400),
    ("IllegalLocationConstraintException", 400),
    ("301", 301),
    ("307", 307),
]
TRANSIENT = [
    ("OperationAborted", 409),
    ("NoSuchUpload", 404),
    ("SlowDown", 503),
    ("ServiceUnavailable", 503),
    ("InternalError", 500),
    ("InternalServerError", 500),
    ("KMSInternalException", 500),
    ("DependencyTimeoutException", 503),
    ("Throttling", 400),
    ("ThrottlingException", 400),
    ("ThrottledException", 429),
    ("RequestLimitExceeded", 400),
    ("RequestTimeout", 400),
    ("RequestTimeTooSkewed", 403),
    ("ExpiredToken", 400),
    ("ExpiredTokenException", 400),
    ("InvalidClientTokenId", 403),
    ("UnrecognizedClientException", 400),
    ("InvalidAccessKeyId", 403),
    ("SomethingNew", 502),
    ("503", 503),
    ("429", 429),
    ("KMS.ThrottlingException", 400),
    ("KMS.KMSInternalException", 400),
    ("KMS.DependencyTimeoutException", 400),
]
GONE = [("NoSuchBucket", 404), ("NoSuchKey", 404), ("NoSuchVersion", 404), ("404", 404), ("405", 405)]
CHANGED = [("PreconditionFailed", 412), ("ConditionalRequestConflict", 409)]
REFUSED = [
    ("MalformedXML", 400),
    ("InvalidArgument", 400),
    ("MethodNotAllowed", 405),
    ("SomethingNew", 400),
    ("400", 400),
    ("NotImplemented", 501),
    ("InvalidObjectState", 403),
    ("KMS.NotFoundException", 400),
    ("KMS.DisabledException", 400),
    ("KMS.KMSInvalidStateException", 400),
]
TABLE: list[tuple[str, int, type[Exception]]] = [
    *((code, status, AccessDeniedError) for code, status in DENIED),
    *((code, status, WrongRegionError) for code, status in ELSEWHERE),
    *((code, status, TransientError) for code, status in TRANSIENT),
    *((code, status, RefusalError) for code, status in REFUSED),
    *((code, status, NotFoundError) for code, status in GONE),
    *((code, status, ChangedError) for code, status in CHANGED),
]


def client_error(code: str, status: int, headers: dict[str, str] | None = None) -> ClientError:
    metadata = {"HTTPStatusCode": status, "HTTPHeaders": headers or {}}
    answer = {"Error": {"Code": code, "Message": "as AWS puts it"}, "ResponseMetadata": metadata}
    return ClientError(answer, "PutBucketEncryption")  # type: ignore[arg-type]


@pytest.mark.parametrize(("code", "status", "error"), TABLE, ids=[f"{c}-{s}" for c, s, _ in TABLE])
def test_code_becomes_its_error(code: str, status: int, error: type[Exception]) -> None:
    with pytest.raises(error) as raised, translated(ACTION):
        raise client_error(code, status)

    assert type(raised.value) is error


@pytest.mark.parametrize(
    "failure",
    [
        EndpointConnectionError(endpoint_url="https://s3"),
        ConnectTimeoutError(endpoint_url="https://s3"),
        ReadTimeoutError(endpoint_url="https://s3"),
        NoCredentialsError(),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_no_answer_at_all_is_transient(failure: Exception) -> None:
    with pytest.raises(TransientError, match=ACTION), translated(ACTION):
        raise failure


def test_refusal_names_the_code_the_action_and_what_aws_said() -> None:
    with pytest.raises(AccessDeniedError) as raised, translated(ACTION):
        raise client_error("AccessDenied", 403)

    refusal = raised.value
    assert (refusal.code, refusal.action, refusal.message) == ("AccessDenied", ACTION, "as AWS puts it")


def test_redirect_names_the_region_s3_gave() -> None:
    with pytest.raises(WrongRegionError) as raised, translated(ACTION):
        raise client_error("PermanentRedirect", 301, {"x-amz-bucket-region": "eu-west-1"})

    assert raised.value.region == "eu-west-1"


def test_redirect_without_a_region_names_none() -> None:
    with pytest.raises(WrongRegionError) as raised, translated(ACTION):
        raise client_error("PermanentRedirect", 301)

    assert raised.value.region is None


def test_other_exceptions_pass_untouched() -> None:
    with pytest.raises(ZeroDivisionError), translated(ACTION):
        raise ZeroDivisionError


def test_aws_own_error_stays_the_cause() -> None:
    cause = client_error("AccessDenied", 403)

    with pytest.raises(AccessDeniedError) as raised, translated(ACTION):
        raise cause

    assert raised.value.__cause__ is cause
