"""Step 3, decide: IAM condition operators by name, asked of all the values that a key can have.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators" (a missing key matches the
negated operators and `...IfExists` only) and "Set operators for multivalued context keys".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import ip_network

from reseal.core.access.logic import Settled, any_of, negated
from reseal.core.access.patterns import Pattern, Style
from reseal.core.access.ranges import ABSENT, Range

_NAME = re.compile(r"(?:(ForAnyValue|ForAllValues):)?([A-Za-z]+?)(IfExists)?")
_Comparison = Callable[[str, str], bool]


def _compared(parse: Callable[[str], float], test: Callable[[float, float], bool]) -> _Comparison:
    return lambda value, wanted: test(parse(value), parse(wanted))


def _moment(text: str) -> float:
    """Seconds since 1970 of a date in ISO 8601, or of the number itself."""
    if text.isdecimal():
        return float(text)
    date = datetime.fromisoformat(text)
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()


def _is_in_network(value: str, wanted: str) -> bool:
    inner, outer = ip_network(value, strict=False), ip_network(wanted, strict=False)
    return inner.version == outer.version and (int(inner[0]), int(inner[-1])) == (
        max(int(inner[0]), int(outer[0])),
        min(int(inner[-1]), int(outer[-1])),
    )


_MATCHES = {
    "StringEquals": (Style.EXACT, False),
    "StringEqualsIgnoreCase": (Style.EXACT, True),
    "StringLike": (Style.LIKE, False),
    "ArnEquals": (Style.ARN, False),
    "ArnLike": (Style.ARN, False),
    "Bool": (Style.EXACT, True),
    "BinaryEquals": (Style.EXACT, False),
}
_TESTS: Mapping[str, Callable[[float, float], bool]] = {
    "Equals": lambda value, wanted: value == wanted,
    "LessThan": lambda value, wanted: value < wanted,
    "LessThanEquals": lambda value, wanted: value <= wanted,
    "GreaterThan": lambda value, wanted: value > wanted,
    "GreaterThanEquals": lambda value, wanted: value >= wanted,
}
_COMPARES: Mapping[str, _Comparison] = {
    "IpAddress": _is_in_network,
    **{f"Numeric{name}": _compared(float, test) for name, test in _TESTS.items()},
    **{f"Date{name}": _compared(_moment, test) for name, test in _TESTS.items()},
}
_NEGATIONS = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}
MULTIVALUED = frozenset(
    {
        "aws:calledvia",
        "aws:principalorgpaths",
        "aws:principalservicenameslist",
        "aws:resourceorgpaths",
        "aws:sourceorgpaths",
        "aws:tagkeys",
        "kms:encryptioncontextkeys",
        "kms:grantoperations",
        "kms:resourcealiases",
    }
)
"""Keys that can have several values in one request (IAM, "Single-valued vs. multivalued context keys")."""

_TYPE_OF = {
    "aws:securetransport": "Bool",
    "aws:principalisawsservice": "Bool",
    "aws:viaawsservice": "Bool",
    "s3:tlsversion": "Numeric",
}
"""Keys whose type IAM documents: what an operator of another type makes of them is not documented."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """A condition operator: the positive operator `base`, and what its name makes of it."""

    base: str
    is_negated: bool
    if_exists: bool
    quantifier: str

    @property
    def style(self) -> tuple[Style, bool] | None:
        """How its values match, and whether case is ignored; None if they are compared otherwise."""
        return _MATCHES.get(self.base)

    @property
    def opposite(self) -> Operator:
        """An operator that holds wherever this one does not; quantifiers have none."""
        return replace(self, is_negated=not self.is_negated, if_exists=False)

    def range_name(self, key: str) -> str:
        """Under which name the range of `key` is kept: each quantifier of many values has its own."""
        return f"{self.quantifier}:{key}" if key in MULTIVALUED else key

    def holds(self, key: str, found: Range, patterns: Sequence[Pattern]) -> Settled:
        """Whether the condition holds for all requests (True) or for none (False)."""
        if self.base == "Null":
            return any_of(_is_null(found, pattern) for pattern in patterns)
        if key in MULTIVALUED and not self.quantifier:
            return None
        present = self._of_values(found, patterns)
        if self.quantifier == "ForAnyValue" and key in MULTIVALUED and present is False:
            present = None  # another value of the same request may match
        absent = self._if_absent
        if found.present is None:
            return present if present is absent else None
        return present if found.present else absent

    def narrowed(self, found: Range, patterns: Sequence[Pattern]) -> Range | None:
        """The values for which the condition can hold; None if it certainly holds for none of them."""
        if self.base == "Null":
            return _null_narrowed(found, patterns)
        demands = self._if_absent is False
        if found.present is False:
            return None if demands else found
        left: Range | None = found
        if self.style:
            left = found.reduced(patterns) if self.is_negated else found.narrowed(patterns)
        if left is None:
            return None if demands or found.present else ABSENT
        return replace(left, present=True) if demands else left

    def _of_values(self, found: Range, patterns: Sequence[Pattern]) -> Settled:
        answer = found.lies_in(patterns) if self.style else _comparison(self.base, found, patterns)
        return negated(answer) if self.is_negated else answer

    @property
    def _if_absent(self) -> Settled:
        if self.quantifier:
            return True if self.quantifier == "ForAllValues" else None if self.if_exists else False
        return self.is_negated or self.if_exists


def operator_of(name: str, key: str) -> Operator | None:
    """The operator of this name; None if IAM does not know it, or does not document it for the key's type."""
    parsed = _NAME.fullmatch(name)
    if parsed is None:
        return None
    quantifier, base, if_exists = parsed.groups()
    positive = _NEGATIONS.get(base, base)
    if positive == "Null":
        is_known = not quantifier and not if_exists
    else:
        is_typed_so = positive.startswith(_TYPE_OF.get(key, ""))
        is_known = is_typed_so and (positive in _MATCHES or positive in _COMPARES)
    if not is_known:
        return None
    return Operator(
        base=positive,
        is_negated=base in _NEGATIONS,
        if_exists=bool(if_exists),
        quantifier=quantifier or "",
    )


def _is_null(found: Range, wanted: Pattern) -> Settled:
    if wanted.text not in ("true", "false") or found.present is None:
        return None
    return found.present is not (wanted.text == "true")


def _null_narrowed(found: Range, patterns: Sequence[Pattern]) -> Range | None:
    wanted = {pattern.text for pattern in patterns}
    if wanted not in ({"true"}, {"false"}):
        return found
    present = wanted == {"false"}
    if found.present is not None:
        return found if found.present is present else None
    return replace(found, present=True) if present else ABSENT


def _comparison(base: str, found: Range, patterns: Sequence[Pattern]) -> Settled:
    """Compares where all values are known; a range of values or a malformed one cannot be settled."""
    if any(part.style is not Style.EXACT or part.loose for part in (*found.within, *patterns)):
        return None
    try:
        answers = {
            any(_COMPARES[base](part.text, wanted.text) for wanted in patterns) for part in found.within
        }
    except ValueError:
        return None
    return answers.pop() if len(answers) == 1 else None
