"""A Deny in a resource's own policy stops the root user, too, which no policy of IAM binds.

Except in a bucket policy: the owner's root user can always read, replace and delete that (F15).
"""

from collections.abc import Callable
from typing import Any

from ministack.core import iam_evaluator, responses

from localcloud.request import anchors, caller_rights

NEVER_DENIED = frozenset({"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"})


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
    refused = original(
        access_key, action, service, region, resource_arn=resource_arn, service_context=service_context
    )
    if refused is not None or action in NEVER_DENIED or not access_key:
        return refused
    principal = iam_evaluator.resolve_principal(access_key, responses.get_account_id())
    found = iam_evaluator._resource_policy(service, resource_arn)
    if isinstance(principal, iam_evaluator.AuthError) or principal.policies is not None or found is None:
        return None
    keys = {name.lower(): value for name, value in (service_context or {}).items()}
    context = caller_rights.context(principal, action, resource_arn, region, keys)
    result = iam_evaluator.evaluate_resource_policy(found[0], context)
    if result.decision != "Deny":
        return None
    result.principal_arn, result.resource_policy_arn = principal.arn, resource_arn
    return result
