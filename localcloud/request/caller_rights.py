"""Whether the caller of the current request has another permission."""

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
