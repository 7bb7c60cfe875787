"""If-Match and If-None-Match of a write: PutObject, CopyObject and CompleteMultipartUpload (C18, C19)."""

from collections.abc import Callable

from ministack.services import s3

from localcloud.request import anchors
from localcloud.request.calls import Response
from localcloud.s3.stored_objects import Headers, Record

ANY = "*"
NOT_FOUND, CONFLICT, PRECONDITION_FAILED, NOT_IMPLEMENTED = 404, 409, 412, 501


def install() -> None:
    """Replace MiniStack's own check."""
    anchors.replace("services.s3._check_put_preconditions", _check)


def refusal(headers: Headers, current: Record | None) -> Response | None:
    """Why the write may not replace the current object; None if it may."""
    if_match, if_none_match = headers.get("if-match", ""), headers.get("if-none-match", "")
    if (if_match and if_none_match) or if_match == ANY or if_none_match not in {"", ANY}:
        name = "If-None-Match" if if_none_match else "If-Match"
        message = "A header you provided implies functionality that is not implemented"
        return _error("NotImplemented", message, NOT_IMPLEMENTED, {"Header": name})
    if if_none_match and current is not None:
        return failed("If-None-Match")
    if if_match and current is None:
        return _error("NoSuchKey", "The specified key does not exist.", NOT_FOUND)
    if current and if_match and not _is_etag(if_match, current):
        return failed("If-Match")
    return None


def failed(condition: str) -> Response:
    """412 PreconditionFailed."""
    message = "At least one of the pre-conditions you specified did not hold"
    return _error("PreconditionFailed", message, PRECONDITION_FAILED, {"Condition": condition})


def conflict(condition: str) -> Response:
    """409: another write happened in between (C19)."""
    message = "The conditional request cannot succeed due to a conflicting operation against this resource."
    return _error("ConditionalRequestConflict", message, CONFLICT, {"Condition": condition})


def _check(
    _original: Callable[..., Response | None], headers: Headers, current: Record | None
) -> Response | None:
    return refusal(headers, current)


def _is_etag(given: str, record: Record) -> bool:
    return given.strip('"') == str(record["etag"]).strip('"')


def _error(code: str, message: str, status: int, details: dict[str, str] | None = None) -> Response:
    answer: Response = s3._error(code, message, status, extra=details)
    return answer
