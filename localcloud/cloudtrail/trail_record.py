"""CloudTrail records, and those of bucket-level writes (A7-A11, A28), in the shapes of published records."""

import json
import re
import time
from typing import Any

from ministack.core import iam_evaluator, responses
from ministack.services import iam

from localcloud.cloudtrail.trail_body import to_parameters
from localcloud.request.calls import Call, Caller, Response, session_name, session_started
from localcloud.request.journal import ERROR_STATUS, error_code
from localcloud.request.s3_operations import subresource

NAMES = {  # A11: CloudTrail's name differs from the API's
    "PutBucketLifecycleConfiguration": "PutBucketLifecycle",
    "DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "DeleteBucketLifecycleConfiguration": "DeleteBucketLifecycle",
}
LOGGED_HEADERS = (
    "x-amz-acl",
    "x-amz-grant-",
    "x-amz-object-ownership",
    "x-amz-bucket-object-lock-enabled",
    "x-amz-expected-bucket-owner",
)
TLS = {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256"}
VERSION = "1.11"
ERROR_CODES = {"AccessDeniedException": "AccessDenied"}
_MESSAGE = re.compile(rb"<Message>([^<]*)</Message>")


def record(call: Call, response: Response, owner: str | None, ended: float) -> dict[str, Any]:
    """The record of a bucket-level write that has ended; `owner` is the bucket's before the call."""
    return {
        **common(call, response, ended),
        "eventName": NAMES.get(call.operation, call.operation),
        "requestParameters": _parameters(call),
        "responseElements": None,
        "readOnly": False,
        **_resources(call, owner),
        "managementEvent": True,
        "eventCategory": "Management",
    }


def common(call: Call, response: Response, ended: float) -> dict[str, Any]:
    """The fields of every record of S3 (A7)."""
    return {
        **of_any_call(call, response, ended),
        "eventSource": "s3.amazonaws.com",
        "userAgent": f"[{call.headers.get('user-agent', '')}]",
        "additionalEventData": _additional(call, response),
    }


def of_any_call(call: Call, response: Response, ended: float) -> dict[str, Any]:
    """The fields that the records of all services have."""
    return {
        "eventVersion": VERSION,
        "eventType": "AwsApiCall",
        "userIdentity": identity(call.caller),
        "eventTime": instant(ended),
        "awsRegion": call.region,
        "sourceIPAddress": responses.get_request_client_ip(),
        **_error(response),
        "requestID": response[1].get("x-amz-request-id") or response[1].get("x-amzn-requestid", ""),
        **_tls(call),
    }


def _tls(call: Call) -> dict[str, Any]:
    if call.over_plain_http:
        return {}
    return {"tlsDetails": {**TLS, "clientProvidedHostHeader": call.headers.get("host", "")}}


def _resources(call: Call, owner: str | None) -> dict[str, Any]:
    """A9: the bucket, except on CreateBucket."""
    if call.operation == "CreateBucket":
        return {}
    bucket = {"type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{call.bucket}"}
    return {"resources": [{"accountId": owner, **bucket} if owner else bucket]}


def _parameters(call: Call) -> dict[str, Any]:
    """A7: the sub-resource is a key without a value; headers keep their own names."""
    headers = {name: value for name, value in call.headers.items() if name.startswith(LOGGED_HEADERS)}
    marker = {name: ""} if (name := subresource(call.query)) else {}
    return {
        "bucketName": call.bucket,
        "Host": call.headers.get("host", ""),
        **marker,
        **headers,
        **to_parameters(call.body),
    }


def _error(response: Response) -> dict[str, str]:
    """A10: both keys are absent on success."""
    if response[0] < ERROR_STATUS:
        return {}
    code = error_code(response)
    body = response[2] if isinstance(response[2], bytes) else b""
    return {"errorCode": ERROR_CODES.get(code, code), "errorMessage": _message(body)}


def _message(body: bytes) -> str:
    if not body.startswith(b"{"):
        found = _MESSAGE.search(body)
        return found[1].decode() if found else ""
    members = json.loads(body)
    return str(members.get("message") or members.get("Message") or "")


def _additional(call: Call, response: Response) -> dict[str, Any]:
    in_header = "authorization" in call.headers
    return {
        "SignatureVersion": "SigV4",
        **({} if call.over_plain_http else {"CipherSuite": TLS["cipherSuite"]}),
        "bytesTransferredIn": len(call.body),
        "AuthenticationMethod": "AuthHeader" if in_header else "QueryString",
        "x-amz-id-2": response[1].get("x-amz-id-2", ""),
        "bytesTransferredOut": len(response[2] or b""),
    }


def identity(caller: Caller) -> dict[str, Any]:
    """`userIdentity` (A28); a role's session names the role that issued it."""
    if caller.kind in {"Anonymous", "Unknown"}:
        return {"type": "AWSAccount", "principalId": "", "accountId": caller.account or "anonymous"}
    block = {
        "type": caller.kind,
        "principalId": caller.principal_id,
        "arn": caller.arn,
        "accountId": caller.account,
        "accessKeyId": caller.access_key,
    }
    if caller.kind == "User":
        return block | {"type": "IAMUser", "userName": caller.name}
    if caller.kind != "AssumedRole":
        return block
    issuer = _session_issuer(caller)
    created = session_started(caller) or time.time()
    return block | {
        "principalId": f"{issuer['principalId']}:{session_name(caller)}",
        "sessionContext": {
            "sessionIssuer": issuer,
            "attributes": {"creationDate": instant(created), "mfaAuthenticated": "false"},
        },
    }


def _session_issuer(caller: Caller) -> dict[str, str]:
    name = iam_evaluator._role_name_from_assumed_arn(caller.arn)
    role = iam._roles.get_scoped(caller.account, None, name) or {}
    return {
        "type": "Role",
        "principalId": role.get("RoleId", ""),
        "accountId": caller.account,
        "userName": name,
        "arn": role.get("Arn", f"arn:aws:iam::{caller.account}:role/{name}"),
    }


def instant(moment: float) -> str:
    """A time as CloudTrail writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
