"""An injected error in the protocol of the call, so that an SDK can read its code."""

import json
from xml.sax.saxutils import escape

from localcloud.faults.faults import Fault
from localcloud.request.calls import Call, Response

SERVER_ERROR = 500
REQUEST_ID = "00000000-0000-4000-8000-000000000000"


def answer(fault: Fault, call: Call) -> Response:
    """The error response."""
    if call.service == "s3":
        return _rest_xml(fault, call)
    if target := call.headers.get("x-amz-target"):
        return _json(fault, target, call.headers.get("content-type", "application/x-amz-json-1.0"))
    return _query(fault)


def _rest_xml(fault: Fault, call: Call) -> Response:
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{escape(fault.code)}</Code>'
        f"<Message>{escape(fault.message)}</Message><Resource>/{escape(call.bucket)}</Resource>"
        f"<RequestId>{REQUEST_ID}</RequestId></Error>"
    ).encode()
    headers = {"Content-Type": "application/xml", "x-amz-request-id": REQUEST_ID}
    return fault.status, headers, b"" if call.method == "HEAD" else body


def _json(fault: Fault, target: str, content_type: str) -> Response:
    headers = {"Content-Type": content_type, "x-amzn-requestid": REQUEST_ID}
    if target.startswith("AmazonSQS."):  # SQS keeps the codes of its query protocol in a header
        headers["x-amzn-query-error"] = f"{fault.code};{_at_fault(fault)}"
    body = json.dumps({"__type": fault.code, "message": fault.message}).encode()
    return fault.status, headers, body


def _query(fault: Fault) -> Response:
    body = (
        f"<ErrorResponse><Error><Type>{_at_fault(fault)}</Type><Code>{escape(fault.code)}</Code>"
        f"<Message>{escape(fault.message)}</Message></Error><RequestId>{REQUEST_ID}</RequestId>"
        "</ErrorResponse>"
    ).encode()
    return fault.status, {"Content-Type": "text/xml", "x-amzn-requestid": REQUEST_ID}, body


def _at_fault(fault: Fault) -> str:
    return "Receiver" if fault.status >= SERVER_ERROR else "Sender"
