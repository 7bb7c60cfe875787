"""S3's error answers, in MiniStack's envelope."""

from ministack.services import s3

from localcloud.request.calls import Response

OK = 200


def error(code: str, message: str, status: int, bucket: str = "") -> Response:
    """An error document."""
    answer: Response = s3._error(code, message, status, f"/{bucket}")
    return answer


def access_denied(bucket: str = "", message: str = "Access Denied") -> Response:
    """403 AccessDenied."""
    return error("AccessDenied", message, 403, bucket)


def bad_request(code: str, message: str) -> Response:
    """A 400 with this code."""
    return error(code, message, 400)


def no_such_bucket(bucket: str) -> Response:
    """404 NoSuchBucket."""
    return error("NoSuchBucket", "The specified bucket does not exist", 404, bucket)
