"""Whether a trail logs a data event: plain and advanced event selectors (A36 to A38)."""

from collections.abc import Callable
from typing import Any

from ministack.services import cloudtrail

Record = dict[str, Any]
Selector = dict[str, Any]
ALL_BUCKETS = frozenset({"arn:aws:s3", "arn:aws:s3:::"})
OBJECT = "AWS::S3::Object"
_HOLDS: dict[str, Callable[[str, str], bool]] = {
    "Equals": str.__eq__,
    "StartsWith": str.startswith,
    "EndsWith": str.endswith,
}


def selectors_of(account: str, region: str) -> list[Selector]:
    """The selectors of the account's trails that log this Region now."""
    found: list[Selector] = []
    for (owner, home, name), trail in cloudtrail._trails.all_items():
        if owner == account and trail["IsLogging"] and (home == region or trail["IsMultiRegionTrail"]):
            found += cloudtrail._event_selectors.get_scoped(owner, home, name, [])
    return found


def selects(selector: Selector, record: Record) -> bool:
    """Whether one selector covers a data event."""
    fields = _fields(record)
    if "FieldSelectors" in selector:
        return all(_field_holds(field, fields) for field in selector["FieldSelectors"])
    kinds: dict[str, set[str]] = {"All": {"true", "false"}, "ReadOnly": {"true"}, "WriteOnly": {"false"}}
    if fields["readOnly"] not in kinds.get(selector["ReadWriteType"], set()):
        return False
    values = [value for resource in selector["DataResources"] for value in _object_values(resource)]
    return any(value in ALL_BUCKETS or fields["resources.ARN"].startswith(value) for value in values)


def _object_values(resource: dict[str, Any]) -> list[str]:
    values: list[str] = resource.get("Values", []) if resource["Type"] == OBJECT else []
    return values


def _fields(record: Record) -> dict[str, str]:
    """A38: the fields of an event that advanced selectors can use; the ARN is the object's."""
    resource = next(found for found in record["resources"] if found["type"] == OBJECT)
    return {
        "eventCategory": record["eventCategory"],
        "eventName": record["eventName"],
        "eventSource": record["eventSource"],
        "eventType": record["eventType"],
        "readOnly": "true" if record["readOnly"] else "false",
        "resources.type": resource["type"],
        "resources.ARN": resource.get("ARN") or resource["ARNPrefix"],
        "userIdentity.arn": record["userIdentity"].get("arn", ""),
    }


def _field_holds(field: dict[str, Any], fields: dict[str, str]) -> bool:
    """Whether one positive condition holds, if there are any, and no negative one."""
    if field["Field"] not in fields:
        return False
    value = fields[field["Field"]]
    positive = [(holds, field[name]) for name, holds in _HOLDS.items() if name in field]
    negative = [(holds, field[f"Not{name}"]) for name, holds in _HOLDS.items() if f"Not{name}" in field]
    if positive and not _any_holds(positive, value):
        return False
    return not _any_holds(negative, value)


def _any_holds(conditions: list[tuple[Callable[[str, str], bool], list[str]]], value: str) -> bool:
    return any(holds(value, wanted) for holds, list_of_wanted in conditions for wanted in list_of_wanted)
