"""Request metrics: their configurations, which MiniStack lacks, and the counts that they send to CloudWatch.

Only configurations without a filter count here: each request for an object, by its method, at once. S3 sends
them after minutes, and counts more (S3 User Guide, `metrics-dimensions`).
"""

from typing import Any
from xml.etree.ElementTree import Element, ParseError, SubElement, fromstring, tostring

from ministack.core import responses
from ministack.services import cloudwatch, s3

from localcloud.request.calls import Response
from localcloud.s3 import s3_errors, s3_requests
from localcloud.s3.bucket_encryption import NAMESPACE
from localcloud.s3.s3_requests import Answer, S3Request

NO_CONTENT, NOT_FOUND = 204, 404
_configurations: dict[tuple[str, str], dict[str, Element]] = {}  # of a bucket of an account, by their ids


def install() -> None:
    """Wrap the calls on buckets and objects."""
    s3_requests.wrap_dispatch(_answer)


def _answer(request: S3Request, answer: Answer) -> Response:
    of_bucket = (responses.get_account_id(), request.bucket)
    if request.key:
        _count(request, _configurations.get(of_bucket, {}))
        return answer(request)
    if "metrics" in request.query:
        return _configure(request, _configurations.setdefault(of_bucket, {}))
    answered = answer(request)
    if request.method == "DELETE" and request.bucket not in s3._buckets:
        _configurations.pop(of_bucket, None)
    return answered


def _count(request: S3Request, configurations: dict[str, Element]) -> None:
    for id_, configuration in configurations.items():
        if configuration.find(f"{{{NAMESPACE}}}Filter") is None:
            dimensions = {"BucketName": request.bucket, "FilterId": id_}
            cloudwatch.record_metric(
                "AWS/S3", f"{request.method.title()}Requests", 1, unit="Count", dimensions=dimensions
            )


def _configure(request: S3Request, configurations: dict[str, Element]) -> Response:
    if request.bucket not in s3._buckets:
        return s3_errors.no_such_bucket(request.bucket)
    id_ = s3._qp(request.query, "id")
    if request.method == "PUT":
        return _put(request.body, id_, configurations)
    if request.method == "GET" and not id_:
        return _listed(configurations)
    if id_ not in configurations:
        message = "The specified configuration does not exist."
        return s3_errors.error("NoSuchConfiguration", message, NOT_FOUND, request.bucket)
    if request.method == "DELETE":
        del configurations[id_]
        return NO_CONTENT, {}, b""
    return _document(configurations[id_])


def _put(body: bytes, id_: str, configurations: dict[str, Element]) -> Response:
    try:
        configuration = fromstring(body)  # noqa: S314 - the client is the test itself
    except ParseError as error:
        return s3_errors.bad_request("MalformedXML", str(error))
    if configuration.findtext(f"{{{NAMESPACE}}}Id") != id_:
        return s3_errors.bad_request("InvalidConfigurationId", "the ids of document and call differ")
    configurations[id_] = configuration
    return s3_errors.OK, {}, b""


def _listed(configurations: dict[str, Element]) -> Response:
    root: Any = Element(f"{{{NAMESPACE}}}ListMetricsConfigurationsResult")
    SubElement(root, f"{{{NAMESPACE}}}IsTruncated").text = "false"
    root.extend(configurations[id_] for id_ in sorted(configurations))
    return _document(root)


def _document(root: Element) -> Response:
    return s3_errors.OK, {"Content-Type": "application/xml"}, tostring(root, default_namespace=NAMESPACE)
