"""Trails as CloudTrail describes them: the calls, the parsed answers, and what a refusal hides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from reseal.aws.cloudtrail import CloudTrail
from reseal.core.errors import AccessDeniedError, TransientError
from reseal.core.trail.selectors import AdvancedSelector, BasicSelector, FieldSelector
from reseal.core.trail.trail import Trail, Unreadable
from tests.support.fakes.stubs import stubbed

ARN = "arn:aws:cloudtrail:eu-west-1:999999999999:trail/org"
ALL = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}
OBJECTS = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}
FUNCTIONS = {"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}


@pytest.fixture
def cloudtrail() -> Iterator[tuple[CloudTrail, Stubber]]:
    with stubbed("cloudtrail") as (client, stub):
        yield CloudTrail(client), stub


def described(stub: Stubber, *arns: str, **more: Any) -> None:
    trails = [{"TrailARN": arn, "Name": "org", "HomeRegion": "eu-west-1", **more} for arn in arns]
    stub.add_response("describe_trails", {"trailList": trails}, {"includeShadowTrails": True})


def is_logging(stub: Stubber, *, logging: bool) -> None:
    stub.add_response("get_trail_status", {"IsLogging": logging}, {"Name": ARN})


def selects(stub: Stubber, **answer: Any) -> None:
    stub.add_response("get_event_selectors", {"TrailARN": ARN, **answer}, {"TrailName": ARN})


def refuse(stub: Stubber, call: str, code: str, status: int = 400) -> None:
    stub.add_client_error(call, code, "no", http_status_code=status)


def test_region_without_trails_has_none(cloudtrail: tuple[CloudTrail, Stubber]) -> None:
    adapter, stub = cloudtrail
    described(stub)

    assert adapter.read_trails() == ()


@pytest.mark.parametrize("logging", [True, False])
@pytest.mark.parametrize("multi_region", [True, False])
def test_trail_is_asked_for_by_its_arn(
    cloudtrail: tuple[CloudTrail, Stubber], logging: bool, multi_region: bool
) -> None:
    adapter, stub = cloudtrail
    described(stub, ARN, IsMultiRegionTrail=multi_region)
    is_logging(stub, logging=logging)
    selects(stub, EventSelectors=[ALL])

    selectors = (BasicSelector(read_write="All", management=True),)
    assert adapter.read_trails() == (
        Trail(arn=ARN, multi_region=multi_region, logging=logging, selectors=selectors),
    )


@pytest.mark.parametrize(
    ("says", "of_organization"),
    [({"IsOrganizationTrail": True}, True), ({"IsOrganizationTrail": False}, False), ({}, False)],
    ids=["the organization's", "an account's", "not said"],
)
def test_trail_of_the_organization_is_known_as_such(
    cloudtrail: tuple[CloudTrail, Stubber], says: dict[str, bool], of_organization: bool
) -> None:
    adapter, stub = cloudtrail
    described(stub, ARN, **says)
    is_logging(stub, logging=True)
    selects(stub, EventSelectors=[ALL])

    (trail,) = adapter.read_trails()
    assert trail.of_organization is of_organization


def test_every_trail_is_read(cloudtrail: tuple[CloudTrail, Stubber]) -> None:
    adapter, stub = cloudtrail
    described(stub, ARN, ARN)
    for _ in range(2):
        is_logging(stub, logging=True)
        selects(stub, EventSelectors=[])

    assert len(adapter.read_trails()) == 2


@pytest.mark.parametrize(
    ("answer", "selector"),
    [
        pytest.param(
            {"EventSelectors": [ALL | {"ExcludeManagementEventSources": ["kms.amazonaws.com"]}]},
            BasicSelector(
                read_write="All", management=True, excluded_sources=frozenset({"kms.amazonaws.com"})
            ),
            id="basic, with a source left out",
        ),
        pytest.param(
            {"EventSelectors": [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": False}]},
            BasicSelector(read_write="WriteOnly", management=False),
            id="basic, of data events",
        ),
        pytest.param(
            {"EventSelectors": [{"DataResources": [FUNCTIONS, OBJECTS]}]},
            BasicSelector(read_write="All", management=True, objects=True),
            id="basic, of objects",
        ),
        pytest.param(
            {"EventSelectors": [{"DataResources": [FUNCTIONS, OBJECTS | {"Values": []}]}]},
            BasicSelector(read_write="All", management=True),
            id="basic, of no objects",
        ),
        pytest.param(
            {"EventSelectors": [{}]}, BasicSelector(read_write="All", management=True), id="basic, by default"
        ),
        pytest.param(
            {
                "AdvancedEventSelectors": [
                    {
                        "Name": "writes",
                        "FieldSelectors": [
                            {"Field": "eventCategory", "Equals": ["Management"]},
                            {"Field": "eventSource", "NotEquals": ["a", "b"], "StartsWith": ["s3"]},
                        ],
                    }
                ]
            },
            AdvancedSelector(
                fields=(
                    FieldSelector(field="eventCategory", values={"Equals": ("Management",)}),
                    FieldSelector(
                        field="eventSource", values={"NotEquals": ("a", "b"), "StartsWith": ("s3",)}
                    ),
                )
            ),
            id="advanced",
        ),
    ],
)
def test_selectors_are_understood(
    cloudtrail: tuple[CloudTrail, Stubber], answer: dict[str, Any], selector: object
) -> None:
    adapter, stub = cloudtrail
    described(stub, ARN)
    is_logging(stub, logging=True)
    selects(stub, **answer)

    (trail,) = adapter.read_trails()
    assert trail.selectors == (selector,)


@pytest.mark.parametrize("code", ["AccessDeniedException", "TrailNotFoundException"])
def test_refused_status_leaves_it_unknown_whether_the_trail_is_logging(
    cloudtrail: tuple[CloudTrail, Stubber], code: str
) -> None:
    adapter, stub = cloudtrail
    described(stub, ARN)
    refuse(stub, "get_trail_status", code)
    selects(stub, EventSelectors=[ALL])

    (trail,) = adapter.read_trails()
    assert trail.logging == Unreadable(why=f"cloudtrail:GetTrailStatus: {code}: 'no'")


@pytest.mark.parametrize("code", ["AccessDeniedException", "UnsupportedOperationException"])
def test_refused_selectors_leave_it_unknown_what_the_trail_logs(
    cloudtrail: tuple[CloudTrail, Stubber], code: str
) -> None:
    adapter, stub = cloudtrail
    described(stub, ARN)
    is_logging(stub, logging=True)
    refuse(stub, "get_event_selectors", code)

    (trail,) = adapter.read_trails()
    assert trail.selectors == Unreadable(why=f"cloudtrail:GetEventSelectors: {code}: 'no'")


def test_trails_that_may_not_be_listed_are_an_error(cloudtrail: tuple[CloudTrail, Stubber]) -> None:
    adapter, stub = cloudtrail
    refuse(stub, "describe_trails", "AccessDeniedException")

    with pytest.raises(AccessDeniedError, match="cloudtrail:DescribeTrails"):
        adapter.read_trails()


@pytest.mark.parametrize("call", ["get_trail_status", "get_event_selectors"])
def test_passing_failure_is_no_answer(cloudtrail: tuple[CloudTrail, Stubber], call: str) -> None:
    adapter, stub = cloudtrail
    described(stub, ARN)
    if call == "get_event_selectors":
        is_logging(stub, logging=True)
    for _ in range(5):  # the client tries again by itself
        refuse(stub, call, "InternalFailure", status=500)

    with pytest.raises(TransientError):
        adapter.read_trails()
    stub._queue.clear()


def test_client_is_of_the_region_that_is_asked_about() -> None:
    assert CloudTrail.of_region("eu-west-1")._client.meta.region_name == "eu-west-1"
