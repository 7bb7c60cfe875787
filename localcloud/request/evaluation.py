"""Takes part in MiniStack's evaluation of policies: what is asked, and what refuses besides."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.core import iam_evaluator, responses

from localcloud.request import anchors, caller_rights


@dataclass(frozen=True)
class Asked:
    """May the caller do this to the resource? `keys` are the service's condition keys."""

    access_key: str
    action: str
    service: str
    region: str
    resource: str
    keys: dict[str, Any]

    @property
    def root_user(self) -> Any:
        """The caller, if it is a root user: MiniStack asks no policy about one."""
        principal = iam_evaluator.resolve_principal(self.access_key, responses.get_account_id())
        is_root = not isinstance(principal, iam_evaluator.AuthError) and principal.policies is None
        return principal if is_root else None

    def answer_of(self, policy: Any, principal: Any) -> Any:
        """What the resource's own policy says about the caller."""
        keys = {name.lower(): value for name, value in self.keys.items()}
        request = caller_rights.context(principal, self.action, self.resource, self.region, keys)
        result = iam_evaluator.evaluate_resource_policy(policy, request)
        result.principal_arn, result.resource_policy_arn = principal.arn, self.resource
        return result


def take_part(
    *,
    complete: Callable[[Asked], Asked] = lambda asked: asked,
    refuse: Callable[[Asked], Any] = lambda _asked: None,
) -> None:
    """Complete what is asked, and refuse what MiniStack allows: `refuse` returns the denial or None."""

    def enforce(
        original: Callable[..., Any],
        access_key: str,
        action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, Any] | None = None,
    ) -> Any:
        asked = complete(
            Asked(access_key, action, service, region, resource_arn, dict(service_context or {}))
        )
        refused = original(
            access_key, action, service, region, resource_arn=asked.resource, service_context=asked.keys
        )
        return refuse(asked) if refused is None else refused

    anchors.replace("core.iam_evaluator.enforce", enforce)
