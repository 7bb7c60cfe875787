"""Trail coverage: the object trail that the stack made, and the events that it must still select."""

from __future__ import annotations

from dataclasses import dataclass

from reseal.core.trail.selectors import OBJECT_TYPE, AdvancedSelector, FieldSelector
from reseal.core.trail.trail import OBJECT_WRITES

_EVERY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTrail:
    """The stack's own trail of object writes, as the template makes it.

    `buckets` is the parameter ObjectBuckets, `scope` the parameter ObjectScope, `trail_bucket` the ARN of
    the bucket of the log files, and `own_sessions` the prefix of the ARNs of Reseal's own sessions.
    """

    arn: str
    buckets: str
    scope: str
    trail_bucket: str
    own_sessions: str

    @property
    def outside(self) -> tuple[str, ...]:
        """The names of `buckets` that are not within `scope`: the rule drops what the trail logs there."""
        if _EVERY in {self.buckets, self.scope}:
            return ()
        scope = tuple(self.scope.split(","))
        return tuple(name for name in self.buckets.split(",") if not name.startswith(scope))

    @property
    def selector(self) -> AdvancedSelector:
        """The selector of the template. A test keeps the two equal."""
        where: dict[str, tuple[str, ...]] = {"NotStartsWith": (f"{self.trail_bucket}/",)}
        names = self.scope if self.buckets == _EVERY else self.buckets
        if names != _EVERY:
            partition = self.arn.split(":")[1]
            where["StartsWith"] = tuple(f"arn:{partition}:s3:::{name}" for name in names.split(","))
        conditions: dict[str, dict[str, tuple[str, ...]]] = {
            "eventCategory": {"Equals": ("Data",)},
            "resources.type": {"Equals": (OBJECT_TYPE,)},
            "readOnly": {"Equals": ("false",)},
            "eventName": {"Equals": OBJECT_WRITES},
            "resources.ARN": where,
            "userIdentity.arn": {"NotStartsWith": (self.own_sessions,)},
        }
        return AdvancedSelector(
            fields=tuple(FieldSelector(field=field, values=values) for field, values in conditions.items())
        )
