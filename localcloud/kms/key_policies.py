"""Direct KMS calls are authorised on the key itself, with the condition keys KMS always supplies."""

from collections.abc import Callable
from typing import Any

from ministack.core import responses

from localcloud.kms import kms_keys
from localcloud.request import anchors


def install() -> None:
    """Wrap MiniStack's evaluation of the caller's policies."""
    anchors.replace("core.iam_evaluator.enforce", _enforce)


def _enforce(
    original: Callable[..., Any],
    access_key: str,
    action: str,
    service: str,
    region: str,
    resource_arn: str = "*",
    service_context: dict[str, Any] | None = None,
) -> Any:
    """An alias is evaluated as the key it points to; kms:CallerAccount is the caller's account."""
    context = dict(service_context or {})
    if service == "kms":
        key = kms_keys.find_key(resource_arn)
        resource_arn = key["Arn"] if key else resource_arn
        context["kms:calleraccount"] = responses.get_account_id()
    return original(access_key, action, service, region, resource_arn=resource_arn, service_context=context)
