"""What a stack costs before any traffic, from what the template and the catalogue have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from documents.markdown import table
from documents.modes import can_enforce
from documents.template import exist
from reseal.core.checks.catalogue import CHECK_BY_ID
from reseal.core.findings.finding import Status
from reseal.core.kms_cost import PER_MILLION_REQUESTS as _KMS

_KEY, _ALARM, _METRIC, _MILLION_POLLS, _DASHBOARD = 1.00, 0.10, 0.30, 0.40, 3.00
_POLLS = 5 * 3 * 43_200  # five pollers, three times a minute, in a month
_ROTATIONS = 2  # of a key that cost 1.00 more each
_WITHOUT_FINDING = 3  # statuses of a check that are no findings: COMPLIANT, EXEMPT, SKIPPED
_STACKS = 240

_DATA_EVENTS = 1.00
"""USD per million writes of objects."""
_BUCKET_EVENT = (
    ("Lambda 512 MB x 1 s (assumed)", 6.9),
    ("S3 one write", 5.0),
    ("S3 eight reads, three of them of the encryption", 3.2),
    ("KMS three requests", 3 * _KMS),
    ("ledger entry of 2 KB with its index", 1.9),
    ("in one transaction the entry again and a note of it", 3.8),
    ("alert window two reads and two writes of 2 KB", 2.8),
    ("note of the key's use with its index", 1.3),
    ("SQS, a reminder included", 2.4),
    ("logs 2.1 KB", 1.1),
    ("SNS", 0.5),
)
_OBJECT_WRITE = (
    ("One copy or change in place", 5.0),
    ("two `HeadObject`", 0.8),
    ("KMS one request", _KMS),
    ("ledger two transactional writes of 2 KB", 5.0),
    ("for a copy a note and its read", 1.5),
    ("Lambda 1,769 MB x 0.1 s", 2.3),
    ("SQS", 0.5),
    ("logs", 1.1),
)
"""What a repair costs, in USD per million of them."""

_WRITES, _VIOLATING = 50, 0.01
"""Of the example: writes of objects in millions a month, and the share that violates."""
_METRICS = 6.00
"""Of the example: a part of the metrics, for a part of the hours. Its dashboard is one of the first three."""


@dataclass(frozen=True, slots=True)
class Item:
    """One part of the price a month, in USD."""

    name: str
    formula: str
    least: float
    most: float

    @property
    def range(self) -> str:
        """The price in words."""
        return f"{self.least:.2f}" if self.least == self.most else f"{self.least:.2f} to {self.most:.2f}"


_NAMED = {"KmsKeyArn": "a key of yours", "AlertTopicArn": "a topic of yours"}
_FLEET = _NAMED | {"AlarmsAndMetrics": "false", "ObjectEncryptionMode": "off"}
_FULL = {"Mode": "enforce", "TlsMode": "enforce", "CreateManagementTrail": "true"}
"""The parameters of a cheap stack, of the cheapest, and of one that has every part."""


def items(least: Mapping[str, str] = _NAMED, most: Mapping[str, str] = _FULL) -> list[Item]:
    """The parts of the price, from that of a stack with the parameters `least` to one with `most`."""
    return [
        Item(
            "KMS keys",
            f"{_KEY:.2f} each: the stack's unless you name one, the topic's unless you name a topic, the "
            f"trails' if the stack makes one. Each costs {_KEY:.2f} more after its first and second rotation",
            *(_KEY * len(exist(stack, "AWS::KMS::Key")) for stack in (least, most)),
        ),
        Item(
            "alarms",
            f"{_ALARM:.2f} each, if `AlarmsAndMetrics` is `true`: {_alarms(least)} to {_alarms(most)}",
            *(_ALARM * _alarms(stack) for stack in (least, most)),
        ),
        Item(
            "metrics",
            f"{_METRIC:.2f} x at most {_series()} (checks by status, times, `TrailCoverage`), for the "
            "hours in which they are sent",
            _METRIC if _alarms(least) else 0.0,
            _METRIC * _series() if _alarms(most) else 0.0,
        ),
        Item(
            "dashboard",
            f"{_DASHBOARD:.2f}, if `AlarmsAndMetrics` is `true`; an account's first three cost nothing",
            0.0,
            _DASHBOARD * len(exist(most, "AWS::CloudWatch::Dashboard")),
        ),
        Item(
            "queue polling",
            f"{_polled(least)} to {_polled(most)} queues x 5 pollers x 3 a minute x 43,200 minutes x "
            f"{_MILLION_POLLS:.2f} per million",
            *(_polled(stack) * _POLLS * _MILLION_POLLS / 1_000_000 for stack in (least, most)),
        ),
    ]


def _alarms(stack: Mapping[str, str]) -> int:
    return len(exist(stack, "AWS::CloudWatch::Alarm"))


def _series() -> int:
    """The metrics that a stack can send: by check and status, times by check, and the trail's."""
    statuses = len(Status) + _WITHOUT_FINDING
    return len(CHECK_BY_ID) * statuses + sum(map(can_enforce, CHECK_BY_ID)) + 1


def _polled(stack: Mapping[str, str]) -> int:
    """How many queues functions poll."""
    return sum(
        event["Type"] == "SQS"
        for _, function in exist(stack, "AWS::Serverless::Function")
        for event in function["Properties"].get("Events", {}).values()
    )


def price_of_profiles() -> str:
    """What a stack costs that is idle, by its parameters."""
    rows = [
        (what, ", ".join(f"{item.name} {item.least:.2f}" for item in parts if item.least), f"{total:.2f}")
        for what, stack in (
            ("in mode `detect`, with `NotificationEmail` only", {}),
            ("with `KmsKeyArn` and `AlertTopicArn`", _NAMED),
            ("for a fleet: also `AlarmsAndMetrics=false` and `ObjectEncryptionMode=off`", _FLEET),
        )
        for parts in [items(stack)]
        for total in [sum(item.least for item in parts)]
    ]
    return table(("an idle stack", "parts", "USD a month"), rows)


def fixed_price() -> str:
    """The table of the parts."""
    return table(("item", "formula", "USD a month"), [(i.name, i.formula, i.range) for i in items()])


def price() -> str:
    """The price in one sentence."""
    parts = items()
    least, most = sum(item.least for item in parts), sum(item.most for item in parts)
    named = ", ".join(f"{item.name} {item.range}" for item in parts)
    return f"For each account and Region **{least:.2f} to {most:.2f} USD a month** before traffic: {named}."


def price_of_many() -> str:
    """What many stacks cost, and what the rotations of their keys add."""
    parts = items(_FLEET)
    least, most = (
        round(_STACKS * sum(prices), -1)
        for prices in ([item.least for item in parts], [item.most for item in parts])
    )
    later = sum(item.most for item in parts) + _ROTATIONS * parts[0].most
    return (
        f"After the second rotation of its keys a stack costs at most {later:.2f} USD a month.\n\n"
        f"*60 accounts in 4 Regions:* {_STACKS} stacks, **about {least:,.0f} USD a month** as a fleet, "
        f"at most {most:,.0f} USD with every part. Deploy only to the Regions that you use."
    )


def price_of_bucket_event() -> str:
    """What a remediated bucket event costs, in parts."""
    return _per_million(_BUCKET_EVENT)


def price_of_object() -> str:
    """What a re-encrypted object costs, in parts."""
    return _per_million(_OBJECT_WRITE)


def _per_million(parts: Sequence[tuple[str, float]]) -> str:
    named = "; ".join(f"{name} {usd:.1f}" for name, usd in parts)
    return f"{named}: **{_total(parts):.0f} USD per million**."


def _total(parts: Sequence[tuple[str, float]]) -> float:
    return sum(usd for _, usd in parts)


def price_of_traffic() -> str:
    """The prices that grow with the traffic, and a stack with some of it, in two sentences."""
    least, most = sorted((_total(_OBJECT_WRITE), _total(_BUCKET_EVENT)))
    return (
        f"Writes of objects add {_DATA_EVENTS:.2f} USD per million for CloudTrail, "
        f"remediations {least:.0f} to {most:.0f} USD per million.\n\n"
        f"Example: 20 bucket changes a day and {_WRITES} million object writes a month, "
        f"{_VIOLATING * 100:.0f} % of them violations: about {sum(_example().values()):.0f} USD."
    )


def price_of_example() -> str:
    """The example in parts."""
    parts = _example()
    objects = ("data events", "re-encryptions")
    whole = sum(parts.values())
    buckets = whole - sum(parts[name] for name in objects)
    named = ", ".join(f"{name} {usd:.2f}" for name, usd in parts.items())
    return (
        f"*An account with 20 new or changed buckets a day and {_WRITES} million object writes a month, "
        f"of which {_VIOLATING * 100:.0f} % violate:* {named}: **about {whole:.0f} USD a month**. "
        f"Without objects: about {buckets:.0f} USD. "
        "The metrics are a guess. "
        f"If all those buckets are repaired, that costs {20 * 30 * _total(_BUCKET_EVENT) / 1e6:.2f} USD more."
    )


def _example() -> dict[str, float]:
    by_name = {item.name: item.most for item in items()} | {"metrics": _METRICS, "dashboard": 0.0}
    return by_name | {
        "data events": _WRITES * _DATA_EVENTS,
        "re-encryptions": _WRITES * _VIOLATING * _total(_OBJECT_WRITE),
    }
