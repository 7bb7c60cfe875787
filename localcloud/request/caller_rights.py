"""What policies are asked about a caller, and whether the current one has another permission."""

from typing import Any

from ministack.core import iam_evaluator, responses

from localcloud.request.calls import CURRENT


def may(action: str, resource: str = "") -> bool:
    """Whether policies allow the caller this action, by default on the resource of the request."""
    call = CURRENT.get()
    if call is None:  # MiniStack's own services: there is no caller to authorise
        return True
    if call.caller.kind == "Anonymous":
        return False
    with responses.request_scope(call.caller.account, call.region):
        refused = iam_evaluator.enforce(
            call.caller.access_key, action, "s3", call.region, resource_arn=resource or call.resource
        )
    return refused is None


def context(principal: Any, action: str, resource: str, region: str, keys: dict[str, Any]) -> Any:
    """The principal's request, as MiniStack evaluates policies; `keys` are the service's condition keys."""
    return iam_evaluator.EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        principal_keys=principal.keys,
        action=action,
        resource_arn=resource,
        region=region,
        service_context=keys,
    )
