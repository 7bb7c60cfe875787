"""Condition operators by name: with the key present, absent, perhaps present, and known as a pattern only."""

from __future__ import annotations

from typing import Any

import pytest

from reseal.core.access.callers import Caller, Kind
from reseal.core.access.iam_policy import conditions
from reseal.core.access.patterns import Pattern, Style, exact
from reseal.core.access.ranges import ABSENT, Range, always
from reseal.core.access.requests import Requests

PARTNER = "444455556666"
PERHAPS = Range(within=(exact("a"),))
LOGS = Range(present=True, within=(Pattern(f"arn:aws:logs:*:{PARTNER}:*", Style.ARN),))


def meets(operator: str, found: Range, values: Any, key: str = "aws:x", **more: Range) -> bool | None:
    asked = Requests(caller=Caller(Kind.SIGNED, "*"), ranges={key: found, **more})
    (condition,) = conditions({"Condition": {operator: {key: values}}})
    return asked.meet(condition)


@pytest.mark.parametrize(
    ("operator", "found", "values", "expected"),
    [
        ("StringEquals", always("a"), "a", True),
        ("StringEquals", always("a"), ["b", "a"], True),
        ("StringEquals", always("a"), "A", False),
        ("StringEquals", always("s3.us-east-1.amazonaws.com"), "s3.*.amazonaws.com", False),
        ("StringEquals", always("a", "b"), "a", None),
        ("StringEquals", ABSENT, "a", False),
        ("StringEquals", PERHAPS, "a", None),
        ("StringEquals", PERHAPS, "b", False),
        ("StringEqualsIfExists", ABSENT, "a", True),
        ("StringEqualsIfExists", PERHAPS, "a", True),
        ("StringEqualsIfExists", PERHAPS, "b", None),
        ("StringNotEquals", always("a"), "a", False),
        ("StringNotEquals", always("a"), "b", True),
        ("StringNotEquals", ABSENT, "a", True),
        ("StringNotEquals", PERHAPS, "a", None),
        ("StringNotEqualsIfExists", ABSENT, "a", True),
        ("StringEqualsIgnoreCase", always("Ab"), "aB", True),
        ("StringEqualsIgnoreCase", always("a"), "b", False),
        ("StringNotEqualsIgnoreCase", always("Ab"), "aB", False),
        ("StringLike", always("s3.us-east-1.amazonaws.com"), "s3.*.amazonaws.com", True),
        ("StringLike", always("S3.us-east-1.amazonaws.com"), "s3.*.amazonaws.com", False),
        ("StringLike", always("ab"), "a?", True),
        ("StringLike", always("a"), "a?", False),
        ("StringLike", always("a*"), "a*", True),
        ("StringLike", Range(present=True), "*", True),
        ("StringLike", Range(), "*", None),
        ("StringNotLike", always("ab"), "a*", False),
        ("StringNotLike", ABSENT, "a*", True),
        ("ArnLike", always("arn:aws:logs:eu-west-1:1:x:y"), "arn:aws:logs:*:1:*", True),
        ("ArnEquals", always("arn:aws:logs:eu-west-1:1:x:y"), "arn:aws:logs:*:1:*", True),
        ("ArnLike", always("arn:aws:logs:eu:west:1:x"), "arn:aws:logs:*:1:x", False),
        ("ArnLike", always("arn:aws:logs:eu-west-1:1:x"), "arn:aws:*", False),
        ("ArnLike", LOGS, f"arn:aws:logs:*:{PARTNER}:*", True),
        ("ArnLike", LOGS, f"arn:aws:*:*:{PARTNER}:*", True),
        ("ArnLike", LOGS, f"arn:aws:logs:us-east-1:{PARTNER}:*", None),
        ("ArnLike", LOGS, "arn:aws:logs:*:111122223333:x", False),
        ("ArnNotLike", LOGS, f"arn:aws:logs:*:{PARTNER}:*", False),
        ("ArnNotEquals", ABSENT, "arn:aws:logs:*:1:*", True),
        ("ArnLike", Range(present=True, within=(Pattern("arn:aws:logs:*"),)), "arn:aws:logs:*:*:*", None),
        ("ArnLike", Range(present=True, within=(Pattern("arn:aws:logs:e:1:*"),)), "arn:aws:logs:*:1:*", True),
        ("Bool", always("true"), "true", True),
        ("Bool", always("true"), True, True),
        ("Bool", always("true"), "TRUE", True),
        ("Bool", always("true"), False, False),
        ("Bool", ABSENT, "false", False),
        ("BoolIfExists", ABSENT, "false", True),
        ("Null", ABSENT, "true", True),
        ("Null", ABSENT, False, False),
        ("Null", always("a"), "false", True),
        ("Null", always("a"), ["true", "false"], True),
        ("Null", PERHAPS, "true", None),
        ("Null", always("a"), "neither", None),
        ("NumericEquals", always("5"), 5, True),
        ("NumericNotEquals", always("5"), "5.0", False),
        ("NumericLessThan", always("5"), "5", False),
        ("NumericLessThanEquals", always("5"), "5", True),
        ("NumericGreaterThan", always("5"), ["7", "4"], True),
        ("NumericGreaterThan", always("5"), "5", False),
        ("NumericGreaterThanEquals", always("5"), "5", True),
        ("NumericGreaterThanEquals", always("4", "6"), "5", None),
        ("NumericGreaterThanEqualsIfExists", ABSENT, "5", True),
        ("NumericEquals", always("five"), "5", None),
        ("NumericEquals", Range(present=True), "5", None),
        ("DateLessThan", always("2026-01-01T00:00:00+00:00"), "2030-01-01T00:00:00", True),
        ("DateGreaterThan", always("2026-01-01"), "2030-01-01", False),
        ("DateEquals", always("0"), "1970-01-01", True),
        ("DateEquals", always("1970-01-01T05:00:00+05:00"), "1970-01-01T00:00:00Z", True),
        ("DateNotEquals", ABSENT, "1970-01-01", True),
        ("IpAddress", always("10.1.2.3"), "10.0.0.0/8", True),
        ("IpAddress", always("11.1.2.3"), "10.0.0.0/8", False),
        ("NotIpAddress", always("11.1.2.3"), "10.0.0.0/8", True),
        ("IpAddress", always("11.1.2.3"), ["10.0.0.0/8", "11.1.2.3"], True),
        ("IpAddress", always("10.1.2.3"), "2001:db8::/32", False),
        ("NotIpAddress", always("10.1.2.3"), "10.0.0.0/8", False),
        ("NotIpAddress", ABSENT, "10.0.0.0/8", True),
        ("IpAddress", always("10.1.2.3"), "10.0.0.0/99", None),
        ("BinaryEquals", always("QmluYXJ5"), "QmluYXJ5", True),
        ("BinaryEquals", always("QmluYXJ5"), "qmluyxj5", False),
        ("StringSortOf", always("a"), "a", None),
        ("NullIfExists", always("a"), "true", None),
        ("String Equals", always("a"), "a", None),
        ("StringEquals", always("a"), [], None),
        ("StringEquals", always("a"), {"a": "b"}, None),
    ],
)
def test_an_operator(operator: str, found: Range, values: Any, expected: bool | None) -> None:
    assert meets(operator, found, values) is expected


@pytest.mark.parametrize(
    ("operator", "found", "values", "expected"),
    [
        ("ForAllValues:StringEquals", always("a", "b"), ["a", "b", "c"], True),
        ("ForAllValues:StringEquals", always("a"), "b", False),
        ("ForAllValues:StringEquals", ABSENT, "a", True),
        ("ForAllValues:StringNotEquals", always("a"), "b", True),
        ("ForAnyValue:StringEquals", always("a"), ["a", "b"], True),
        ("ForAnyValue:StringEquals", ABSENT, "a", False),
        ("ForAnyValue:StringNotEquals", ABSENT, "a", False),
        ("ForAnyValue:StringEqualsIfExists", ABSENT, "a", None),
    ],
)
def test_a_quantifier(operator: str, found: Range, values: Any, expected: bool | None) -> None:
    assert meets(operator, found, values) is expected
    name = f"{operator.partition(':')[0]}:aws:tagkeys"
    of_many = {name: found} if found.present else {}
    base = Range() if found.present else ABSENT
    answer = meets(operator, base, values, key="aws:tagkeys", **of_many)
    assert answer is (None if expected is False and "ForAny" in operator and found.present else expected)


def test_another_value_of_the_same_key_may_match_any() -> None:
    known = {"ForAnyValue:aws:tagkeys": always("a")}

    assert meets("ForAnyValue:StringEquals", Range(), "b", key="aws:tagkeys", **known) is None


@pytest.mark.parametrize(
    "key",
    [
        "aws:CalledVia",
        "aws:PrincipalOrgPaths",
        "aws:PrincipalServiceNamesList",
        "aws:ResourceOrgPaths",
        "aws:SourceOrgPaths",
        "aws:TagKeys",
        "kms:EncryptionContextKeys",
        "kms:GrantOperations",
        "kms:ResourceAliases",
    ],
)
def test_many_values_without_a_quantifier_cannot_be_settled(key: str) -> None:
    assert meets("StringEquals", always("a"), "a", key=key.lower()) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("${aws:PrincipalAccount}", True),
        ("${AWS:principalaccount}", True),
        ("4${aws:PrincipalAccount}", False),
        ("${aws:PrincipalAccount, 'none'}", True),
        ("${aws:Unheard}", None),
        ("${s3:prefix", None),
        ("${aws:PrincipalAccount}${", None),
    ],
)
def test_a_policy_variable(value: str, expected: bool | None) -> None:
    known = {"aws:principalaccount": always(PARTNER)}

    assert meets("StringEquals", always(PARTNER), value, **known) is expected


@pytest.mark.parametrize(
    ("operator", "expected"), [("StringEqualsIgnoreCase", True), ("StringEquals", False)]
)
def test_a_variable_is_compared_as_its_operator_compares(operator: str, expected: bool) -> None:
    assert meets(operator, always("ANN"), "${aws:username}", **{"aws:username": always("ann")}) is expected


def test_a_variable_with_a_wildcard_in_its_value_cannot_be_settled() -> None:
    known = {"aws:username": always("a*")}

    assert meets("StringLike", always("abc"), "${aws:username}", **known) is None


def test_variable_stands_for_nothing_certain_in_a_value_of_another_type() -> None:
    """IAM documents variables for String and ARN operators only."""
    assert meets("Bool", always("true"), "${aws:x}") is None
    assert meets("NumericLessThan", always("1"), "${aws:x}") is None


@pytest.mark.parametrize(
    ("operator", "key", "value", "expected"),
    [
        ("Bool", "aws:securetransport", "true", True),
        ("BoolIfExists", "aws:securetransport", "true", True),
        ("StringEquals", "aws:securetransport", "true", None),
        ("StringNotEqualsIfExists", "aws:principalisawsservice", "false", None),
        ("NumericEquals", "s3:tlsversion", "1.2", True),
        ("StringEquals", "s3:tlsversion", "1.2", None),
        ("Null", "aws:securetransport", "false", True),
        ("NullIfExists", "aws:securetransport", "false", None),
        ("ForAnyValue:Null", "aws:securetransport", "false", None),
    ],
)
def test_only_operators_of_the_keys_type_and_null_are_settled(
    operator: str, key: str, value: str, expected: bool | None
) -> None:
    found = always("1.2" if key.startswith("s3:") else "true")
    asked = Requests(caller=Caller(Kind.SIGNED, "*"), ranges={key: found})

    assert asked.meet((operator, key, [value])) is expected
    if expected is None:
        assert asked.not_meeting((operator, key, [value])) == asked.meeting((operator, key, [value])) == asked


def test_old_policies_have_no_variables() -> None:
    asked = Requests(
        caller=Caller(Kind.SIGNED, "*"),
        ranges={"aws:x": always("${aws:x}"), "aws:y": always("b")},
        knows_variables=False,
    )

    assert asked.meet(("StringEquals", "aws:x", ["${aws:x}"])) is True
    assert asked.meet(("StringEquals", "aws:y", ["${aws:x}"])) is False


def left(operator: str, found: Range, *values: str, key: str = "aws:x", meeting: bool = True) -> Range | None:
    asked = Requests(caller=Caller(Kind.SIGNED, "*"), ranges={key: found} if found != Range() else {})
    condition = (operator, key, list(values))
    requests = asked.meeting(condition) if meeting else asked.not_meeting(condition)
    name = (
        f"{operator.partition(':')[0]}:{key}" if operator.startswith("For") and key == "aws:tagkeys" else key
    )
    return None if requests is None else requests.range_of(name)


@pytest.mark.parametrize(
    ("operator", "found", "value", "expected"),
    [
        ("StringEquals", Range(), "a", always("a")),
        ("StringEquals", always("a", "b"), "a", always("a")),
        ("StringEquals", always("b"), "a", None),
        ("StringEquals", ABSENT, "a", None),
        ("StringLike", always("ab", "b"), "a*", always("ab")),
        ("StringEqualsIfExists", ABSENT, "a", ABSENT),
        ("StringEqualsIfExists", PERHAPS, "b", ABSENT),
        ("StringEqualsIfExists", always("b"), "a", None),
        ("StringNotEquals", always("a", "b"), "a", Range(True, (exact("b"),), (exact("a"),))),
        ("StringNotEquals", PERHAPS, "a", ABSENT),
        ("NumericLessThan", Range(), "5", Range(present=True)),
        ("Null", Range(), "true", ABSENT),
        ("Null", Range(), "false", Range(present=True)),
        ("Null", always("a"), "true", None),
        ("Null", always("a"), "false", always("a")),
        ("Null", always("a"), "neither", always("a")),
        ("Unheard", always("a"), "b", always("a")),
        ("StringEquals", Range(), "${aws:y}", Range(True, (Pattern("*", loose=True),))),
        ("StringNotEquals", Range(), "${aws:y}", Range()),
    ],
)  # fmt: skip
def test_what_a_condition_leaves(operator: str, found: Range, value: str, expected: Range | None) -> None:
    assert left(operator, found, value) == expected


@pytest.mark.parametrize(
    ("operator", "found", "value", "expected"),
    [
        ("StringNotEquals", Range(), "a", always("a")),
        ("StringNotEqualsIfExists", Range(), "a", always("a")),
        ("StringEquals", always("a"), "a", None),
        ("Null", Range(), "true", Range(present=True)),
        ("Null", Range(), "false", ABSENT),
        ("Null", always("a"), "false", None),
        ("Null", always("a"), "neither", always("a")),
        ("Unheard", always("a"), "a", always("a")),
        ("ForAnyValue:StringEquals", always("a"), "a", always("a")),
    ],
)
def test_what_a_deny_leaves(operator: str, found: Range, value: str, expected: Range | None) -> None:
    assert left(operator, found, value, meeting=False) == expected


def test_a_key_of_many_values_keeps_its_first_demand_only() -> None:
    asked = Requests(caller=Caller(Kind.SIGNED, "*"), ranges={})
    once = asked.meeting(("ForAnyValue:StringEquals", "aws:tagkeys", ["a"]))
    assert once is not None
    twice = once.meeting(("ForAnyValue:StringEquals", "aws:tagkeys", ["b"]))

    assert twice == once
    assert once.range_of("ForAnyValue:aws:tagkeys") == always("a")
    assert asked.meeting(("StringEquals", "aws:tagkeys", ["a"])) == asked


def test_too_many_parts_stay_one() -> None:
    wide = {f"aws:{name}": always(*"abcdefghijk") for name in "xyz"}
    asked = Requests(caller=Caller(Kind.SIGNED, "*"), ranges=wide)

    assert asked.cells(list(wide)) == [asked]
    assert len(asked.cells(["aws:x", "aws:y"])) == 121
