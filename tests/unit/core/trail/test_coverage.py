"""What a trail must be and log for trail coverage, rule by rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reseal.core.trail.coverage import KeyCoverage, ObjectCoverage, TrailCoverage, assess_coverage
from reseal.core.trail.own_trail import OwnTrail
from reseal.core.trail.selectors import AdvancedSelector, BasicSelector, FieldSelector
from reseal.core.trail.trail import BUCKET_CALLS, OBJECT_WRITES, Trail, Unreadable

REGION = "us-east-1"
ARN = f"arn:aws:cloudtrail:{REGION}:111122223333:trail/main"
ABROAD = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"
OF_THE_ORGANIZATION = "arn:aws:cloudtrail:us-east-1:999999999999:trail/org"
OWN_ROLE = "arn:aws:sts::111122223333:assumed-role/reseal"
DENIED = Unreadable(why="cloudtrail:GetTrailStatus: AccessDeniedException: no")
NOT_OF_KMS = {"eventSource": {"NotEquals": ["kms.amazonaws.com"]}}
OF_KMS = {"eventSource": {"Equals": ["kms.amazonaws.com"]}}
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
        pytest.param(a_trail(arn=ABROAD, multi_region=True), id="of every Region, from another Region"),
        pytest.param(a_trail(arn=OF_THE_ORGANIZATION, multi_region=True), id="of the organization"),
    ],
)
def test_logging_trail_that_covers_the_region_is_covered(trail: Trail) -> None:
    coverage = assess_coverage([trail], REGION)

    assert (coverage.covered, coverage.reason) == (True, f"{trail.arn} logs the write calls on buckets")


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
            f"is logging, but its event selectors are unknown: {DENIED.why}",
            id="selectors unreadable",
        ),
        pytest.param(
            a_trail(selectors=()), f"is logging, but not every {', '.join(BUCKET_CALLS)}", id="no selector"
        ),
    ],
)
def test_trail_that_is_not_covered_says_why(trail: Trail, why: str) -> None:
    coverage = assess_coverage([trail], REGION)

    assert (coverage.covered, coverage.reason) == (False, f"{trail.arn} {why}")


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
    ("every call by name", {"eventName": {"Equals": list(BUCKET_CALLS)}}, True),
    ("one call by name", {"eventName": {"Equals": ["CreateBucket"]}}, False),
    ("all but one call", {"eventName": {"NotEquals": ["PutBucketAcl"]}}, False),
    ("all but a known writer", {"userIdentity.arn": {"NotStartsWith": [OWN_ROLE]}}, True),
    ("all but a session", {"userIdentity.arn": {"NotEndsWith": ["/alice"]}}, True),
    ("all but sessions of a role", {"userIdentity.arn": {"NotStartsWith": [f"{OWN_ROLE}/"]}}, True),
    ("all but a user", {"userIdentity.arn": {"NotEquals": ["arn:aws:iam::111122223333:user/eve"]}}, True),
    ("nobody", {"userIdentity.arn": {"NotStartsWith": ["arn:"]}}, False),
    ("nobody, by an empty prefix", {"userIdentity.arn": {"NotStartsWith": [""]}}, False),
    ("nobody, by an empty end", {"userIdentity.arn": {"NotEndsWith": [""]}}, False),
    (
        "nobody of this account",
        {"userIdentity.arn": {"NotStartsWith": ["arn:aws:sts::111122223333:"]}},
        False,
    ),
    ("no role", {"userIdentity.arn": {"NotStartsWith": ["arn:aws:sts::111122223333:assumed-role/"]}}, False),
    ("one role, then nobody", {"userIdentity.arn": {"NotStartsWith": [OWN_ROLE, "arn:"]}}, False),
    ("one writer", {"userIdentity.arn": {"Equals": [OWN_ROLE]}}, False),
    ("a team but one", {"userIdentity.arn": {"StartsWith": ["a"], "NotEquals": ["ab"]}}, False),
    ("not from the console", {"sessionCredentialFromConsole": {"NotEquals": ["true"]}}, False),
    ("some resources", {"resources.ARN": {"StartsWith": ["arn:aws:s3:::a"]}}, False),
]


@pytest.mark.parametrize(
    ("changes", "covered"), [row[1:] for row in BASIC], ids=[name for name, _, _ in BASIC]
)
def test_basic_selector_takes_every_call_or_the_trail_is_not_covered(
    changes: dict[str, Any], covered: bool
) -> None:
    selector = replace(EVERYTHING, **changes)

    assert assess_coverage([a_trail(selectors=(selector,))], REGION).covered is covered


@pytest.mark.parametrize(
    ("conditions", "covered"), [row[1:] for row in ADVANCED], ids=[name for name, _, _ in ADVANCED]
)
def test_advanced_selector_takes_every_call_or_the_trail_is_not_covered(
    conditions: Conditions, covered: bool
) -> None:
    selector = advanced(conditions)

    assert assess_coverage([a_trail(selectors=(selector,))], REGION).covered is covered


def test_selectors_of_one_trail_add_up() -> None:
    some = advanced({"eventName": {"StartsWith": ["Put", "Create"]}})
    others = advanced({"eventName": {"StartsWith": ["Delete"]}})

    assert assess_coverage([a_trail(selectors=(some, others))], REGION).covered


def test_calls_that_are_left_out_are_named() -> None:
    selector = advanced({"eventName": {"NotStartsWith": ["DeleteBucket", "PutBucketA"]}})
    trail = a_trail(selectors=(selector,))

    reason = assess_coverage([trail], REGION).reason

    assert reason == (
        f"{ARN} is logging, but not every DeleteBucketEncryption, DeleteBucketPolicy, PutBucketAcl"
    )


def test_callers_that_are_left_out_are_named_once() -> None:
    selector = advanced({"userIdentity.arn": {"NotStartsWith": [OWN_ROLE]}})
    trail = a_trail(selectors=(selector, selector))

    assert assess_coverage([trail], REGION).reason == (
        f"{ARN} logs the write calls on buckets, except calls by {OWN_ROLE}"
    )


def test_no_caller_is_known_to_be_left_out_by_selectors_that_cannot_be_read() -> None:
    assert a_trail(selectors=DENIED).left_out == ()


def test_organizations_trail_is_trusted_where_its_selection_cannot_be_seen() -> None:
    trail = a_trail(selectors=DENIED, of_organization=True)

    coverage = assess_coverage([trail], REGION)

    assert coverage.covered
    assert coverage.reason == (
        f"{trail.arn} is an organization trail that is logging; this account cannot see what it logs"
    )


def test_one_trail_that_is_covered_is_enough() -> None:
    trails = [a_trail(logging=False), a_trail(arn=OF_THE_ORGANIZATION, logging=DENIED), a_trail()]

    assert assess_coverage(trails, REGION).covered


def test_every_trail_that_is_not_covered_is_named() -> None:
    trails = [a_trail(logging=False), a_trail(arn=OF_THE_ORGANIZATION, multi_region=True, logging=DENIED)]

    assert assess_coverage(trails, REGION).reason == (
        f"{ARN} is not logging; {OF_THE_ORGANIZATION} may or may not be logging: {DENIED.why}"
    )


def test_region_without_a_trail_says_how_to_get_one() -> None:
    coverage = assess_coverage([], REGION)

    assert (coverage.covered, coverage.reason) == (
        False,
        "no trail covers us-east-1: deploy with CreateManagementTrail=true, or create a trail",
    )


# --- writes of objects: data events ---------------------------------------------------------------

OF_OBJECTS = BasicSelector(read_write="WriteOnly", management=False, objects=True)
DATA: Conditions = {
    "eventCategory": {"Equals": ["Data"]},
    "resources.type": {"Equals": ["AWS::S3::Object"]},
}


@pytest.mark.parametrize(
    ("selector", "covered"),
    [
        pytest.param(OF_OBJECTS, True, id="basic, writes"),
        pytest.param(replace(OF_OBJECTS, read_write="All"), True, id="basic, all"),
        pytest.param(replace(OF_OBJECTS, read_write="ReadOnly"), False, id="basic, reads"),
        pytest.param(EVERYTHING, False, id="basic, management"),
        pytest.param(advanced(DATA), True, id="objects"),
        pytest.param(advanced(DATA | {"readOnly": {"Equals": ["true"]}}), False, id="reads"),
        pytest.param(advanced(DATA | {"eventName": {"Equals": list(OBJECT_WRITES)}}), True, id="by name"),
        pytest.param(
            advanced(DATA | {"resources.ARN": {"StartsWith": ["arn:aws:s3:::payroll/"]}}), True, id="a bucket"
        ),
        pytest.param(
            advanced(DATA | {"resources.ARN": {"NotStartsWith": ["arn:aws:s3:::logs/"]}}),
            True,
            id="but a bucket",
        ),
        pytest.param(
            advanced(DATA | {"resources.ARN": {"NotStartsWith": ["arn:aws:s3:::"]}}), False, id="no bucket"
        ),
        pytest.param(advanced(DATA | {"resources.ARN": {"NotStartsWith": ["arn"]}}), False, id="no ARN"),
        pytest.param(advanced(DATA | {"userIdentity.arn": {"Equals": [OWN_ROLE]}}), False, id="one writer"),
        pytest.param(advanced(DATA | {"userIdentity.arn": {"NotStartsWith": ["a"]}}), False, id="nobody"),
        pytest.param(
            advanced(DATA | {"resources.type": {"Equals": ["AWS::Lambda::Function"]}}), False, id="functions"
        ),
        pytest.param(advanced({}), False, id="management"),
    ],
)
def test_trail_that_takes_writes_of_objects_covers_them(
    selector: BasicSelector | AdvancedSelector, covered: bool
) -> None:
    assert assess_coverage([a_trail(selectors=(selector,))], REGION).objects.covered is covered


def test_trail_of_objects_covers_no_buckets() -> None:
    assert not assess_coverage([a_trail(selectors=(OF_OBJECTS, advanced(DATA)))], REGION).covered


def test_reason_names_the_trail_that_covers_objects_and_the_callers_it_excludes() -> None:
    selector = advanced(DATA | {"userIdentity.arn": {"NotStartsWith": [OWN_ROLE]}})

    objects = assess_coverage([a_trail(), a_trail(selectors=(selector,))], REGION).objects

    assert objects == ObjectCoverage(
        covered=True, reason=f"{ARN} logs writes of objects, except calls by {OWN_ROLE}"
    )


@pytest.mark.parametrize(
    ("trail", "covered", "why"),
    [
        pytest.param(a_trail(logging=False, selectors=DENIED), False, "is not logging", id="stopped"),
        pytest.param(a_trail(arn=ABROAD, logging=DENIED), False, "logs eu-west-1 only", id="another Region"),
        pytest.param(
            a_trail(arn=ABROAD, multi_region=True, logging=DENIED),
            None,
            f"may or may not be logging: {DENIED.why}",
            id="status unreadable",
        ),
        pytest.param(
            a_trail(selectors=DENIED, of_organization=True),
            None,
            f"is logging, but its event selectors are unknown: {DENIED.why}",
            id="selectors unreadable",
        ),
        pytest.param(
            a_trail(selectors=(advanced(DATA | {"eventName": {"NotEquals": ["PostObject"]}}),)),
            False,
            "is logging, but not every PostObject",
            id="a write left out",
        ),
    ],
)
def test_writes_of_objects_are_not_covered_or_it_is_unknown(
    trail: Trail, covered: bool | None, why: str
) -> None:
    objects = assess_coverage([trail], REGION).objects

    assert objects == ObjectCoverage(covered=covered, reason=f"{trail.arn} {why}")


def test_one_trail_of_which_nothing_is_known_leaves_it_unknown() -> None:
    trails = [a_trail(selectors=DENIED), a_trail(logging=False)]

    assert assess_coverage(trails, REGION).objects.covered is None


def test_region_without_a_trail_covers_no_objects_and_says_how_to_get_one() -> None:
    assert assess_coverage([], REGION).objects == ObjectCoverage(
        covered=False, reason="no trail covers us-east-1: deploy with ObjectBuckets, or create a trail"
    )


# --- the trail of object writes that the stack made -----------------------------------------------

STACKS = f"arn:aws:cloudtrail:{REGION}:111122223333:trail/reseal-objects"
LOGS = "arn:aws:s3:::reseal-logs"
SESSIONS = f"{OWN_ROLE}/"
OWN = OwnTrail(arn=STACKS, buckets="payroll,team-", scope="*", trail_bucket=LOGS, own_sessions=SESSIONS)


def own_trail(**changes: Any) -> Trail:
    return a_trail(arn=STACKS, **{"selectors": (OWN.selector,)} | changes)


def reordered(selector: AdvancedSelector) -> AdvancedSelector:
    """The same conditions, as CloudTrail may return them."""
    return AdvancedSelector(
        fields=tuple(
            FieldSelector(
                field=field.field, values={name: texts[::-1] for name, texts in field.values.items()}
            )
            for field in reversed(selector.fields)
        )
    )


def test_stack_without_objects_is_covered_without_them() -> None:
    coverage = assess_coverage([a_trail()], REGION)

    assert (coverage.covered, coverage.objects.covered) == (True, False)


def test_stack_with_coverage_of_buckets_and_of_objects_by_its_own_trail_is_covered() -> None:
    coverage = assess_coverage([a_trail(), own_trail()], REGION, OWN)

    assert coverage == TrailCoverage(
        covered=True,
        reason=f"{ARN} logs the write calls on buckets",
        objects=ObjectCoverage(
            covered=True, reason=f"{STACKS} logs writes of objects, except calls by {SESSIONS}"
        ),
        keys=KeyCoverage(covered=True, reason=f"{ARN} logs the calls on KMS keys"),
    )


@pytest.mark.parametrize(
    "selectors",
    [
        pytest.param((reordered(OWN.selector),), id="in another order"),
        pytest.param((OWN.selector, advanced(DATA)), id="beside another"),
    ],
)
def test_own_trail_that_still_selects_all_that_the_stack_selected_is_covered(
    selectors: tuple[AdvancedSelector, ...],
) -> None:
    assert assess_coverage([a_trail(), own_trail(selectors=selectors)], REGION, OWN).covered


def test_own_trail_of_every_bucket_selects_by_no_prefix() -> None:
    every = replace(OWN, buckets="*")
    own = own_trail(selectors=(every.selector,))

    assert assess_coverage([a_trail(), own], REGION, every).covered
    assert not assess_coverage([a_trail(), own_trail()], REGION, every).covered


def test_own_trail_of_every_bucket_selects_those_of_the_scope() -> None:
    scoped = replace(OWN, buckets="*", scope="payroll,team-")

    assert scoped.selector == OWN.selector


@pytest.mark.parametrize(
    ("buckets", "scope", "outside"),
    [
        ("payroll,team-", "*", ()),
        ("*", "team-", ()),
        ("team-a-,payroll/", "team-,payroll", ()),
        ("payroll/", "payroll/", ()),
        ("payroll", "payroll/", ("payroll",)),
        ("team", "team-", ("team",)),
        ("team-a,other,another/", "team-,payroll/", ("other", "another/")),
    ],
)
def test_buckets_outside_the_scope_are_named(buckets: str, scope: str, outside: tuple[str, ...]) -> None:
    assert replace(OWN, buckets=buckets, scope=scope).outside == outside


def test_own_trail_with_buckets_outside_the_scope_is_not_covered() -> None:
    own = replace(OWN, scope="payroll/,team-")

    coverage = assess_coverage([a_trail(), own_trail()], REGION, own)

    assert (coverage.covered, coverage.objects.covered) == (False, False)
    assert coverage.objects.reason == "ObjectBuckets names what is outside ObjectScope: payroll"


CHANGED: dict[str, Conditions] = {
    "everybody is left out": {"userIdentity.arn": {"NotStartsWith": ["arn:"]}},
    "everybody is left out, by an empty prefix": {"userIdentity.arn": {"NotStartsWith": [""]}},
    "one more writer is left out": {"userIdentity.arn": {"NotStartsWith": [SESSIONS, f"{OWN_ROLE}2/"]}},
    "an actor is left out by name": {
        "userIdentity.arn": {"NotStartsWith": [SESSIONS], "NotEquals": ["arn:aws:iam::111122223333:user/eve"]}
    },
    "every bucket is left out": {"resources.ARN": {"NotStartsWith": ["arn:aws:s3:::"]}},
    "another bucket": {"resources.ARN": {"StartsWith": ["arn:aws:s3:::a"], "NotStartsWith": [f"{LOGS}/"]}},
    "fewer buckets": {
        "resources.ARN": {"StartsWith": ["arn:aws:s3:::payroll"], "NotStartsWith": [f"{LOGS}/"]}
    },
    "one bucket left out": {
        "resources.ARN": {
            "StartsWith": ["arn:aws:s3:::payroll", "arn:aws:s3:::team-"],
            "NotStartsWith": [f"{LOGS}/", "arn:aws:s3:::team-x/"],
        }
    },
    "keys that end so": {"resources.ARN": {"EndsWith": [".csv"]}},
    "fewer writes": {"eventName": {"Equals": ["PutObject"]}},
    "reads": {"readOnly": {"Equals": ["true"]}},
    "of another kind": {"resources.type": {"Equals": ["AWS::Lambda::Function"]}},
    "a further condition": {"sessionCredentialFromConsole": {"Equals": ["true"]}},
}


@pytest.mark.parametrize("changes", CHANGED.values(), ids=CHANGED)
def test_own_trail_with_changed_selectors_is_not_covered(changes: Conditions) -> None:
    conditions: Conditions = {
        field.field: {name: list(values) for name, values in field.values.items()}
        for field in OWN.selector.fields
    }
    own = own_trail(selectors=(advanced(conditions | changes),))

    coverage = assess_coverage([a_trail(), own], REGION, OWN)

    assert (coverage.covered, coverage.objects.covered) == (False, False)
    assert STACKS in coverage.reason


def test_own_trail_with_basic_selectors_is_not_covered_and_says_so() -> None:
    objects = assess_coverage([a_trail(), own_trail(selectors=(OF_OBJECTS,))], REGION, OWN).objects

    assert objects == ObjectCoverage(
        covered=False,
        reason=f"{STACKS} is logging, but its event selectors are no longer those that the stack made",
    )


def test_two_conditions_on_one_field_are_not_one_condition_with_two_values() -> None:
    split = AdvancedSelector(
        fields=(
            *(field for field in OWN.selector.fields if field.field != "resources.ARN"),
            FieldSelector(field="resources.ARN", values={"StartsWith": ("arn:aws:s3:::payroll",)}),
            FieldSelector(field="resources.ARN", values={"StartsWith": ("arn:aws:s3:::team-",)}),
            FieldSelector(field="resources.ARN", values={"NotStartsWith": (f"{LOGS}/",)}),
        )
    )

    assert not assess_coverage([a_trail(), own_trail(selectors=(split,))], REGION, OWN).covered


@pytest.mark.parametrize(
    ("changes", "covered", "why"),
    [
        ({"logging": False}, False, "is not logging"),
        ({"selectors": ()}, False, f"is logging, but not every {', '.join(OBJECT_WRITES)}"),
        ({"logging": DENIED}, None, f"may or may not be logging: {DENIED.why}"),
        ({"selectors": DENIED}, None, f"is logging, but its event selectors are unknown: {DENIED.why}"),
    ],
    ids=["stopped", "no longer selecting them", "unreadable", "selectors unreadable"],
)
def test_stack_whose_own_trail_of_objects_is_deaf_does_not_hear(
    changes: dict[str, Any], covered: bool | None, why: str
) -> None:
    own = own_trail(**changes)
    another = a_trail(arn=OF_THE_ORGANIZATION, multi_region=True, selectors=(EVERYTHING, OF_OBJECTS))

    assert assess_coverage([another, own], REGION, OWN) == TrailCoverage(
        covered=False,
        reason=f"{OF_THE_ORGANIZATION} logs the write calls on buckets; {STACKS} {why}",
        objects=ObjectCoverage(covered=covered, reason=f"{STACKS} {why}"),
        keys=KeyCoverage(covered=True, reason=f"{OF_THE_ORGANIZATION} logs the calls on KMS keys"),
    )


def test_stack_whose_own_trail_of_objects_is_deleted_is_not_covered() -> None:
    coverage = assess_coverage([a_trail(selectors=(EVERYTHING, OF_OBJECTS))], REGION, OWN)

    assert (coverage.covered, coverage.objects) == (
        False,
        ObjectCoverage(covered=False, reason=f"{STACKS} was not found"),
    )


def test_stack_with_coverage_of_objects_only_is_not_covered() -> None:
    coverage = assess_coverage([own_trail()], REGION, OWN)

    assert (coverage.covered, coverage.objects.covered) == (False, True)


@pytest.mark.parametrize(("covered", "said"), [(True, True), (False, False), (None, "unknown")])
def test_answer_is_json(covered: bool | None, said: bool | str) -> None:
    coverage = TrailCoverage(
        covered=True,
        reason="why",
        objects=ObjectCoverage(covered=covered, reason="how"),
        keys=KeyCoverage(covered=False, reason="excluded"),
    )

    assert coverage.to_document() == {
        "covered": True,
        "reason": "why",
        "objects": said,
        "objects_reason": "how",
        "keys": False,
        "keys_reason": "excluded",
    }


@pytest.mark.parametrize(
    ("selectors", "covered"),
    [
        ((EVERYTHING,), True),
        ((BasicSelector(read_write="WriteOnly", management=True),), True),
        ((replace(EVERYTHING, excluded_sources=frozenset({"kms.amazonaws.com"})),), False),
        ((replace(EVERYTHING, excluded_sources=frozenset({"rdsdata.amazonaws.com"})),), True),
        ((advanced({}),), True),
        ((advanced(NOT_OF_KMS),), False),
        ((advanced(NOT_OF_KMS), advanced(OF_KMS)), True),
        (Unreadable(why="denied"), False),
    ],
    ids=[
        "all",
        "writes",
        "KMS excluded",
        "another source excluded",
        "advanced",
        "advanced, KMS excluded",
        "advanced, KMS by another",
        "unreadable",
    ],
)
def test_calls_on_keys_are_received_if_no_selector_excludes_them(selectors: Any, covered: bool) -> None:
    coverage = assess_coverage([a_trail(selectors=selectors)], REGION)

    assert coverage.keys.covered is covered


@pytest.mark.parametrize("trails", [[], [a_trail(logging=False)]], ids=["no trail", "stopped"])
def test_without_a_trail_the_answer_says_what_the_key_lane_still_does(trails: Any) -> None:
    keys = assess_coverage(trails, REGION).keys

    assert not keys.covered
    assert keys.reason.endswith("it still looks every hour at the keys that must stay")
