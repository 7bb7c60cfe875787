"""An AWS API call as it arrives: operation, resource and caller."""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal

from ministack import app
from ministack.core import iam_actions, iam_evaluator, responses, router
from ministack.services import sts

from localcloud.request import s3_operations
from localcloud.request.transport import OVER_PLAIN_HTTP

Response = tuple[int, dict[str, str], Any]
CallerKind = Literal["Root", "User", "AssumedRole", "FederatedUser", "Anonymous", "Unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who signed a call, by its access key; MiniStack verifies the signature itself."""

    kind: CallerKind
    account: str
    access_key: str = ""
    arn: str = ""
    name: str = ""
    principal_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to the gateway."""

    service: str
    operation: str
    resource: str
    region: str
    caller: Caller
    method: str
    bucket: str
    key: str
    headers: dict[str, str]
    query: dict[str, list[str]]
    body: bytes
    over_plain_http: bool


# The current call. MiniStack serves it in one task from start to end.
CURRENT: ContextVar[Call | None] = ContextVar("localcloud_call", default=None)


def describe(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
) -> Call:
    """Describe a request as a call."""
    params = app._routing_params(method, path, headers, body, query)
    service = router.detect_service(method, path, headers, params)
    region, account = responses.get_region(), responses.get_account_id()
    request = (service, method, path, headers, body, params)
    bucket, _, key = path.lstrip("/").partition("/") if service == "s3" else ("", "", "")
    return Call(
        service=service,
        operation=s3_operations.operation(method, bucket, key, query, headers)
        if service == "s3"
        else (iam_actions.extract_iam_action(*request) or "").partition(":")[2],
        resource=iam_actions.extract_resource_arn(*request, region, account),
        region=region,
        caller=_caller(router.extract_access_key_id(headers, query), account),
        method=method,
        bucket=bucket,
        key=key,
        headers=headers,
        query=query,
        body=body,
        over_plain_http=OVER_PLAIN_HTTP.get(),
    )


def _caller(access_key: str, account: str) -> Caller:
    if not access_key:
        return Caller(kind="Anonymous", account="")
    credential = iam_evaluator.resolve_credential(access_key, account)
    if isinstance(credential, iam_evaluator.CredentialResolutionError):
        return Caller(kind="Unknown", account=account, access_key=access_key)
    return Caller(
        kind=credential.principal_type,
        account=credential.account_id,
        access_key=access_key,
        arn=credential.principal_arn,
        name=credential.principal_name,
        principal_id=credential.principal_id,
    )


def session_name(caller: Caller) -> str:
    """The session part of an assumed role's ARN."""
    return caller.arn.rsplit("/", 1)[-1]


def session_started(caller: Caller) -> float | None:
    """When the caller's temporary credentials were issued, if STS recorded it."""
    issued = (sts._sessions.get(caller.access_key) or {}).get("IssuedAt")
    return float(issued) if isinstance(issued, int | float) else None
