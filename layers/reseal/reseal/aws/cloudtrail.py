"""AWS CloudTrail: the trails that cover this Region. The only module that calls it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.config import Config
from botocore.session import get_session

from reseal.aws.errors import translated
from reseal.core.errors import RefusalError
from reseal.core.trail.selectors import (
    OBJECT_TYPE,
    AdvancedSelector,
    BasicSelector,
    FieldSelector,
    Selector,
)
from reseal.core.trail.trail import Trail, Unreadable

DESCRIBE = "cloudtrail:DescribeTrails"
STATUS = "cloudtrail:GetTrailStatus"
SELECTORS = "cloudtrail:GetEventSelectors"

_CALLS = Config(retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=3, read_timeout=5)


class CloudTrail:
    """Reads trails. `client` is the CloudTrail client of the Region to check."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @classmethod
    def of_region(cls, region: str) -> CloudTrail:
        """Make a client for `region`."""
        return cls(get_session().create_client("cloudtrail", region_name=region, config=_CALLS))

    def read_trails(self) -> tuple[Trail, ...]:
        """Every trail that covers the Region: its own, multi-Region trails and organization trails.

        Raises RefusalError if trails may not be listed, and TransientError. A refused call about a single
        trail becomes Unreadable in that trail.
        """
        with translated(DESCRIBE):
            described = self._client.describe_trails(includeShadowTrails=True)["trailList"]
        return tuple(self._read(trail) for trail in described)

    def _read(self, trail: Mapping[str, Any]) -> Trail:
        arn = trail["TrailARN"]  # the name alone does not find a trail of another Region or account
        return Trail(
            arn=arn,
            multi_region=trail.get("IsMultiRegionTrail", False),
            of_organization=trail.get("IsOrganizationTrail", False),
            logging=self._read_logging(arn),
            selectors=self._read_selectors(arn),
        )

    def _read_logging(self, arn: str) -> bool | Unreadable:
        try:
            with translated(STATUS):
                return bool(self._client.get_trail_status(Name=arn)["IsLogging"])
        except RefusalError as refusal:
            return Unreadable(why=str(refusal))

    def _read_selectors(self, arn: str) -> tuple[Selector, ...] | Unreadable:
        try:
            with translated(SELECTORS):
                answer = self._client.get_event_selectors(TrailName=arn)
        except RefusalError as refusal:
            return Unreadable(why=str(refusal))
        basic = [_basic(selector) for selector in answer.get("EventSelectors", [])]
        return (*basic, *(_advanced(selector) for selector in answer.get("AdvancedEventSelectors", [])))


def _basic(selector: Mapping[str, Any]) -> BasicSelector:
    return BasicSelector(
        read_write=selector.get("ReadWriteType", "All"),
        management=selector.get("IncludeManagementEvents", True),
        excluded_sources=frozenset(selector.get("ExcludeManagementEventSources", [])),
        objects=any(
            data["Type"] == OBJECT_TYPE and data.get("Values") for data in selector.get("DataResources", [])
        ),
    )


def _advanced(selector: Mapping[str, Any]) -> AdvancedSelector:
    return AdvancedSelector(
        fields=tuple(
            FieldSelector(
                field=condition["Field"],
                values={name: tuple(values) for name, values in condition.items() if name != "Field"},
            )
            for condition in selector["FieldSelectors"]
        )
    )
