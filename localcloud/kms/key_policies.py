"""Direct KMS calls are authorised on the key itself, with the condition keys KMS always supplies."""

from collections.abc import Callable
from typing import Any

from ministack.core import iam_evaluator, responses

from localcloud.kms import kms_keys, shared_policies
from localcloud.kms.kms_keys import Key
from localcloud.request import anchors, caller_rights


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
    key = kms_keys.find_key(resource_arn) if service == "kms" else None
    if service == "kms":
        resource_arn = key["Arn"] if key else resource_arn
        context["kms:calleraccount"] = responses.get_account_id()
    refused = original(
        access_key, action, service, region, resource_arn=resource_arn, service_context=context
    )
    if refused is not None or key is None or kms_keys.owner(key["Arn"]) == responses.get_account_id():
        return refused
    return _refused_to_foreign_root(access_key, action, region, key, context)


def _refused_to_foreign_root(
    access_key: str, action: str, region: str, key: Key, context: dict[str, Any]
) -> Any:
    """Another account's root user needs the key's policy too; MiniStack asks no policy about a root user."""
    principal = iam_evaluator.resolve_principal(access_key, responses.get_account_id())
    if isinstance(principal, iam_evaluator.AuthError) or principal.policies is not None:
        return None
    request = caller_rights.context(principal, action, key["Arn"], region, context)
    result = iam_evaluator.evaluate_resource_policy(shared_policies.in_force(key), request)
    if result.decision == "Allow":
        return None
    result.principal_arn, result.resource_policy_arn = principal.arn, key["Arn"]
    return result
