"""Step 3, value: the operator's policy, which says for each resource what is required of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reseal.core.policy.exemptions import exempt_by_name
from reseal.core.policy.requirements import Requirements
from reseal.core.resource import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The policy of one deployment. Only `for_` is asked: checks, guards and findings know one resource."""

    default: Requirements
    exempt_control_tower: bool = True

    def for_(self, resource: Resource) -> Requirements:
        """What is required of this resource."""
        exempt = exempt_by_name(resource, self.default.account, control_tower=self.exempt_control_tower)
        return replace(self.default, exempt=exempt)
