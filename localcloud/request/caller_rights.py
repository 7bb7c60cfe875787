"""What the caller of the request being served may do besides it."""

from ministack.core import iam_evaluator, responses

from localcloud.request.calls import CURRENT


def may(action: str, resource: str = "") -> bool:
    """Whether policies allow him this, on the resource of his request unless another is named."""
    call = CURRENT.get()
    if call is None:  # MiniStack's own services: nobody's rights are in question
        return True
    if call.caller.kind == "Anonymous":
        return False
    with responses.request_scope(call.caller.account, call.region):
        refused = iam_evaluator.enforce(
            call.caller.access_key, action, "s3", call.region, resource_arn=resource or call.resource
        )
    return refused is None
