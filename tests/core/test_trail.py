"""What a trail must be and log for Reseal to hear anything, rule by rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reseal.core.trail import (
    HEARD_CALLS,
    AdvancedSelector,
    BasicSelector,
    FieldSelector,
    Hearing,
    Trail,
    Unread,
    judge_trails,
)

REGION = "us-east-1"
ARN = f"arn:aws:cloudtrail:{REGION}:111122223333:trail/main"
ABROAD = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"
OF_THE_ORGANIZATION = "arn:aws:cloudtrail:us-east-1:999999999999:trail/org"
OWN_ROLE = "arn:aws:sts::111122223333:assumed-role/reseal"
DENIED = Unread(why="cloudtrail:GetTrailStatus: AccessDeniedException: no")
EVERYTHING = BasicSelector(read_write="All", management=True)

Conditions = dict[str, dict[str, list[str]]]


def a_trail(**changes: Any) -> Trail:
    right: dict[str, Any] = {"arn": ARN, "multi_region": False, "logging": True, "selectors": (EVERYTHING,)}
    return Trail(**right | changes)


def advanced(conditions: Conditions) -> AdvancedSelector:
    """Management events under more conditions."""
    fields: Conditions = {"eventCategory": {"Equals": ["Management"]}} | conditions
    return AdvancedSelector(
        fields=tuple(
            FieldSelector(field=field, values={name: tuple(texts) for name, texts in values.items()})
            for field, values in fields.items()
        )
    )


@pytest.mark.parametrize(
    "trail",
    [
        pytest.param(a_trail(), id="of this Region"),
        pytest.param(a_trail(multi_region=True), id="of every Region, from here"),
        pytest.param(a_trail(arn=ABROAD, multi_region=True), id="of every Region, from elsewhere"),
        pytest.param(a_trail(arn=OF_THE_ORGANIZATION, multi_region=True), id="of the organization"),
    ],
)
def test_logging_trail_that_covers_the_region_is_heard(trail: Trail) -> None:
    hearing = judge_trails([trail], REGION)

    assert hearing == Hearing(hears=True, reason=f"{trail.arn} logs the write calls on buckets")


@pytest.mark.parametrize(
    ("trail", "why"),
    [
        pytest.param(a_trail(arn=ABROAD), "logs eu-west-1 only", id="of another Region"),
        pytest.param(a_trail(logging=False), "is not logging", id="stopped"),
        pytest.param(
            a_trail(logging=DENIED), f"may or may not be logging: {DENIED.why}", id="status unreadable"
        ),
        pytest.param(
            a_trail(selectors=DENIED),
            f"is logging, but what is unknown: {DENIED.why}",
            id="selectors unreadable",
        ),
        pytest.param(
            a_trail(selectors=()), f"is logging, but not every {', '.join(HEARD_CALLS)}", id="no selector"
        ),
    ],
)
def test_trail_that_is_not_heard_says_why(trail: Trail, why: str) -> None:
    assert judge_trails([trail], REGION) == Hearing(hears=False, reason=f"{trail.arn} {why}")


KMS, S3 = "kms.amazonaws.com", "s3.amazonaws.com"
BASIC = [
    ("all management events", {}, True),
    ("write management events", {"read_write": "WriteOnly"}, True),
    ("read management events", {"read_write": "ReadOnly"}, False),
    ("data events only", {"management": False}, False),
    ("without KMS", {"excluded_sources": frozenset({KMS})}, True),
    ("without S3", {"excluded_sources": frozenset({S3})}, False),
]
ADVANCED = [
    ("management events", {}, True),
    ("data events", {"eventCategory": {"Equals": ["Data"]}}, False),
    ("writes", {"readOnly": {"Equals": ["false"]}}, True),
    ("reads", {"readOnly": {"Equals": ["true"]}}, False),
    ("S3 among others", {"eventSource": {"Equals": [KMS, S3]}}, True),
    ("another service", {"eventSource": {"Equals": [KMS]}}, False),
    ("all but KMS", {"eventSource": {"NotEquals": [KMS, "rdsdata.amazonaws.com"]}}, True),
    ("all but S3 and KMS", {"eventSource": {"NotEquals": [KMS, S3]}}, False),
    ("what begins like S3", {"eventSource": {"StartsWith": ["s3"]}}, True),
    ("what does not begin like S3", {"eventSource": {"NotStartsWith": ["s3"]}}, False),
    ("what does not begin like KMS", {"eventSource": {"NotStartsWith": ["kms"]}}, True),
    ("what ends like S3", {"eventSource": {"EndsWith": [".amazonaws.com"]}}, True),
    ("what does not end like S3", {"eventSource": {"NotEndsWith": [".amazonaws.com"]}}, False),
    ("taken and left out", {"eventSource": {"StartsWith": ["s3"], "NotEquals": [S3]}}, False),
    ("taken by one of two", {"eventSource": {"StartsWith": ["kms"], "EndsWith": [".com"]}}, True),
    ("API calls", {"eventType": {"Equals": ["AwsApiCall"]}}, True),
    ("no service events", {"eventType": {"NotEquals": ["AwsServiceEvent"]}}, True),
    ("every call by name", {"eventName": {"Equals": list(HEARD_CALLS)}}, True),
    ("one call by name", {"eventName": {"Equals": ["CreateBucket"]}}, False),
    ("all but one call", {"eventName": {"NotEquals": ["PutBucketAcl"]}}, False),
    ("all but a known writer", {"userIdentity.arn": {"NotStartsWith": [OWN_ROLE]}}, True),
    ("one writer", {"userIdentity.arn": {"Equals": [OWN_ROLE]}}, False),
    ("a team but one", {"userIdentity.arn": {"StartsWith": ["a"], "NotEquals": ["ab"]}}, False),
    ("not from the console", {"sessionCredentialFromConsole": {"NotEquals": ["true"]}}, False),
    ("some resources", {"resources.ARN": {"StartsWith": ["arn:aws:s3:::a"]}}, False),
]


@pytest.mark.parametrize(("changes", "heard"), [row[1:] for row in BASIC], ids=[name for name, _, _ in BASIC])
def test_basic_selector_takes_every_call_or_the_trail_is_not_heard(
    changes: dict[str, Any], heard: bool
) -> None:
    selector = replace(EVERYTHING, **changes)

    assert judge_trails([a_trail(selectors=(selector,))], REGION).hears is heard


@pytest.mark.parametrize(
    ("conditions", "heard"), [row[1:] for row in ADVANCED], ids=[name for name, _, _ in ADVANCED]
)
def test_advanced_selector_takes_every_call_or_the_trail_is_not_heard(
    conditions: Conditions, heard: bool
) -> None:
    selector = advanced(conditions)

    assert judge_trails([a_trail(selectors=(selector,))], REGION).hears is heard


def test_selectors_of_one_trail_add_up() -> None:
    some = advanced({"eventName": {"StartsWith": ["Put", "Create"]}})
    others = advanced({"eventName": {"StartsWith": ["Delete"]}})

    assert judge_trails([a_trail(selectors=(some, others))], REGION).hears


def test_calls_that_are_left_out_are_named() -> None:
    selector = advanced({"eventName": {"NotStartsWith": ["DeleteBucket", "PutBucketA"]}})
    trail = a_trail(selectors=(selector,))

    reason = judge_trails([trail], REGION).reason

    assert reason == (
        f"{ARN} is logging, but not every DeleteBucketEncryption, DeleteBucketPolicy, PutBucketAcl"
    )


def test_callers_that_are_left_out_are_named_once() -> None:
    selector = advanced({"userIdentity.arn": {"NotStartsWith": [OWN_ROLE]}})
    trail = a_trail(selectors=(selector, selector))

    assert judge_trails([trail], REGION).reason == (
        f"{ARN} logs the write calls on buckets, except calls by {OWN_ROLE}"
    )


def test_nobody_is_known_to_be_left_out_by_selectors_that_cannot_be_read() -> None:
    assert a_trail(selectors=DENIED).left_out == ()


def test_organizations_trail_is_trusted_where_its_selection_cannot_be_seen() -> None:
    trail = a_trail(selectors=DENIED, of_organization=True)

    assert judge_trails([trail], REGION).hears


def test_one_trail_that_is_heard_is_enough() -> None:
    trails = [a_trail(logging=False), a_trail(arn=OF_THE_ORGANIZATION, logging=DENIED), a_trail()]

    assert judge_trails(trails, REGION).hears


def test_every_trail_that_is_not_heard_is_named() -> None:
    trails = [a_trail(logging=False), a_trail(arn=OF_THE_ORGANIZATION, multi_region=True, logging=DENIED)]

    assert judge_trails(trails, REGION).reason == (
        f"{ARN} is not logging; {OF_THE_ORGANIZATION} may or may not be logging: {DENIED.why}"
    )


def test_region_without_a_trail_says_how_to_get_one() -> None:
    hearing = judge_trails([], REGION)

    assert (hearing.hears, hearing.reason) == (
        False,
        "no trail covers us-east-1: deploy with CreateManagementTrail=true, or make one",
    )


def test_answer_is_json() -> None:
    assert Hearing(hears=True, reason="why").to_document() == {"hears": True, "reason": "why"}
