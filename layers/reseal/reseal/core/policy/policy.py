"""Step 3, value: the operator's policy, which says for each resource what is required of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reseal.core.policy.exemptions import exempt_by_name
from reseal.core.policy.requirements import Requirements
from reseal.core.resource import ObjectResource, Resource

EVERY_BUCKET = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The policy of one deployment. Only `for_` is asked: checks, guards and findings know one resource.

    `object_scope` holds the buckets whose objects are checked, as the parameter ObjectScope names them:
    `name/` is that bucket, other texts are prefixes.
    """

    default: Requirements
    exempt_control_tower: bool = True
    object_scope: tuple[str, ...] = (EVERY_BUCKET,)

    def for_(self, resource: Resource) -> Requirements:
        """What is required of this resource."""
        exempt = exempt_by_name(resource, self.default.account, control_tower=self.exempt_control_tower)
        return replace(self.default, exempt=exempt, record_only=self._is_outside_scope(resource))

    def _is_outside_scope(self, resource: Resource) -> bool:
        """Whether it is an object to which the object lane's role has no right."""
        if not isinstance(resource, ObjectResource):
            return False
        named = f"{resource.bucket}/"
        return not any(name == EVERY_BUCKET or named.startswith(name) for name in self.object_scope)
