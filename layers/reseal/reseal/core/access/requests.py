"""Step 3, decide: a set of requests: who calls, and the values of the condition keys.

Source: IAM User Guide, "IAM JSON policy elements: Condition" and "Variables and tags".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import product
from math import prod

from reseal.core.access.callers import Caller, Kind, known_keys
from reseal.core.access.logic import Settled
from reseal.core.access.operators import MULTIVALUED, Operator, operator_of
from reseal.core.access.patterns import Pattern, Style, pattern_of
from reseal.core.access.ranges import ABSENT, UNKNOWN, Range

Condition = tuple[str, str, list[str] | None]
_VARIABLE = re.compile(r"\$\{([^},]*)[^}]*\}")
_FLIPPED = {"true": "false", "false": "true"}
_MOST_CELLS = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """All requests of `caller` whose keys have the values in `ranges`; other keys can have any value.

    `knows_variables`: `${...}` in the policy's values is a policy variable.
    """

    caller: Caller
    ranges: Mapping[str, Range]
    knows_variables: bool = True

    @classmethod
    def of(cls, caller: Caller, partition: str, **known: Range) -> Requests:
        """All requests of these callers."""
        return cls(caller=caller, ranges=known_keys(caller, partition) | known)

    def range_of(self, name: str) -> Range:
        """The values of a key; a key of many values has a range for each quantifier."""
        key = name.split(":", 1)[1] if name.startswith(("For", ":")) else name
        has_no_tags = self.caller.kind in (Kind.ANYONE, Kind.SERVICE)
        if self.ranges.get(key) == ABSENT or (has_no_tags and key.startswith("aws:principaltag/")):
            return ABSENT
        return self.ranges.get(name, UNKNOWN)

    def having(self, ranges: Mapping[str, Range]) -> Requests:
        """The same requests with these ranges."""
        return replace(self, ranges={**self.ranges, **ranges})

    def value_of(self, key: str) -> str | None:
        """The one value that all requests have for a key."""
        found = self.range_of(key)
        one = found.within[0]
        is_exact = found.present and one.style is Style.EXACT and not one.fold
        return one.text if is_exact and len(found.within) == 1 else None

    def pattern_of(self, text: str, style: Style, *, fold: bool = False) -> Pattern:
        """A value of a policy, with its variables replaced; an unknown variable can have any value."""
        if not self.knows_variables or "${" not in text:
            return pattern_of(text, style, fold=fold)
        values = [self.value_of(key.lower()) for key in _VARIABLE.findall(text)]
        replaced = _VARIABLE.sub(lambda variable: self.value_of(variable[1].lower()) or "*", text)
        is_settled = all(value and not set("*?") & set(value) for value in values) and "${" not in replaced
        return pattern_of(replaced, style, fold=fold) if is_settled else Pattern("*", loose=True)

    def meet(self, condition: Condition) -> Settled:
        """Whether all (True) or none (False) of the requests meet a condition."""
        name, key, values = condition
        operator = operator_of(name, key)
        if operator is None or values is None:
            return None
        return operator.holds(key, self.range_of(operator.range_name(key)), self._patterns(operator, values))

    def meeting(self, condition: Condition) -> Requests | None:
        """The requests that meet a condition, or more of them; None if there is certainly none."""
        name, key, values = condition
        operator = operator_of(name, key)
        return self if operator is None or values is None else self._narrowed(operator, key, values)

    def not_meeting(self, condition: Condition) -> Requests | None:
        """The requests that do not meet a condition, or more of them; None if there is certainly none."""
        name, key, values = condition
        operator = operator_of(name, key)
        if operator is None or values is None or operator.quantifier:
            return self
        if operator.base == "Null":
            values = [_FLIPPED.get(value, "") for value in values]
        return self._narrowed(operator.opposite, key, values)

    def cells(self, names: Collection[str]) -> list[Requests]:
        """The requests in parts that have one pattern for each of these keys, if the parts are few."""
        wide = {name: found for name, found in self.ranges.items() if name in names and len(found.within) > 1}
        if prod(len(found.within) for found in wide.values()) > _MOST_CELLS:
            return [self]
        choices = product(*(found.within for found in wide.values()))
        chosen = (zip(wide, choice, strict=True) for choice in choices)
        return [
            self.having({name: replace(wide[name], within=(one,)) for name, one in choice})
            for choice in chosen
        ]

    def _patterns(self, operator: Operator, values: list[str]) -> list[Pattern]:
        """Variables stand in values of String and Arn operators only (IAM, "Variables and tags")."""
        style, fold = operator.style or (Style.EXACT, False)
        if operator.base.startswith(("String", "Arn")):
            return [self.pattern_of(value, style, fold=fold) for value in values]
        doubt = Pattern("*", loose=True)
        return [doubt if "${" in value else pattern_of(value, style, fold=fold) for value in values]

    def _narrowed(self, operator: Operator, key: str, values: list[str]) -> Requests | None:
        name = operator.range_name(key)
        found = self.range_of(name)
        if key in MULTIVALUED and found != ABSENT and (not operator.quantifier or name in self.ranges):
            return self
        narrowed = operator.narrowed(found, self._patterns(operator, values))
        return None if narrowed is None else self.having({name: narrowed})
