"""What a stack costs before any traffic, from what the template and the catalogue have."""

from __future__ import annotations

from dataclasses import dataclass

from documents.markdown import table
from documents.modes import can_enforce
from documents.template import resources
from reseal.core.checks.catalogue import CHECK_BY_ID
from reseal.core.findings.finding import Status

_KEY, _ALARM, _METRIC, _MILLION_POLLS = 1.00, 0.10, 0.30, 0.40
_POLLS = 5 * 3 * 43_200  # five pollers, three times a minute, in a month
_ROTATIONS = 2  # of a key that cost 1.00 more each
_WITHOUT_FINDING = 3  # statuses of a check that are no findings: COMPLIANT, EXEMPT, SKIPPED
_STACKS = 240


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


def items() -> list[Item]:
    """The parts of the price."""
    keys, alarms = len(list(resources("AWS::KMS::Key"))), len(list(resources("AWS::CloudWatch::Alarm")))
    checks, statuses = len(CHECK_BY_ID), len(Status) + _WITHOUT_FINDING
    times = sum(map(can_enforce, CHECK_BY_ID))
    series, queues = checks * statuses + times + 1, len(_polled())
    return [
        Item(
            "KMS keys",
            f"{_KEY:.2f} each, at most {keys}: the stack's key, the topic's unless you name a topic, the "
            f"trails' if the stack makes one. Each costs {_KEY:.2f} more after its first and second rotation",
            _KEY,
            keys * _KEY,
        ),
        Item("alarms", f"{alarms} x {_ALARM:.2f}", alarms * _ALARM, alarms * _ALARM),
        Item(
            "metrics",
            f"{_METRIC:.2f} x at most {series} ({checks} checks x {statuses} statuses, {times} times, "
            "`TrailCoverage`), for the hours in which they are sent",
            _METRIC,
            series * _METRIC,
        ),
        Item(
            "queue polling",
            f"{queues} queues x 5 pollers x 3 a minute x 43,200 minutes x {_MILLION_POLLS:.2f} per million",
            *[queues * _POLLS * _MILLION_POLLS / 1_000_000] * 2,
        ),
    ]


def _polled() -> list[str]:
    """The queues that functions poll."""
    return [
        event["Properties"]["Queue"]["Fn::GetAtt"][0]
        for _, function in resources("AWS::Serverless::Function")
        for event in function["Properties"].get("Events", {}).values()
        if event["Type"] == "SQS"
    ]


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
    parts = items()
    least, most = (
        round(_STACKS * sum(prices), -1)
        for prices in ([item.least for item in parts], [item.most for item in parts])
    )
    later = sum(item.most for item in parts) + _ROTATIONS * parts[0].most
    return (
        f"After the second rotation of its keys a stack costs at most {later:.2f} USD a month.\n\n"
        f"*60 accounts in 4 Regions, buckets only:* {_STACKS} stacks, **about {least:,.0f} to {most:,.0f} "
        "USD a month**. Deploy only to the Regions that you use."
    )
