"""The derived parts of the documents, by the name that a page asks for them with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from documents.markdown import code, table
from documents.modes import mode_parameters
from documents.policies import resource_policies, roles
from documents.prices import (
    fixed_price,
    price,
    price_of_bucket_event,
    price_of_example,
    price_of_many,
    price_of_object,
    price_of_profiles,
    price_of_traffic,
)
from documents.template import REPOSITORY, resources, template, when
from operations.verify_aws.facts import EXPECTATIONS, NOT_MEASURED
from operations.verify_aws.remains import KINDS
from reseal.core.checks.catalogue import CHECK_BY_ID, Check
from reseal.core.policy.requirements import Requirements
from reseal.core.repairs.objects.properties import PROPERTIES, Fate
from reseal.core.state.bucket_encryption import SseAlgorithm

_COMPARED_APART = "checksum"  # only if it is one of the whole object
_WITH_DEFAULTS = Requirements(
    account="", region="", required=SseAlgorithm.SSE_KMS, remediation_key="", check_modes={}
)


def checks() -> str:
    """The catalogue, with the parameter that sets each check's mode."""
    parameters, modes = template()["Parameters"], mode_parameters()
    return table(
        ("check", "requires", "mode", "default", "controls"),
        [
            (
                f"[`{check.id}`](checks.md#{anchor_of(check.id)})",
                check.requires(_WITH_DEFAULTS),
                code([modes[check.id]]),
                code([parameters[modes[check.id]]["Default"]]),
                ", ".join(check.controls) or "none",
            )
            for check in CHECK_BY_ID.values()
        ],
    )


def parameters() -> str:
    """Each group of parameters as the CloudFormation console shows it."""
    interface = template()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    return "\n\n".join(
        f"### {group['Label']['default']}\n\n"
        + table(
            ("parameter", "default", "values", "meaning"),
            [_parameter(name, template()["Parameters"][name]) for name in group["Parameters"]],
        )
        for group in interface
    )


def calls() -> str:
    """The API calls that each rule matches."""
    return table(
        ("rule", "matches", "API calls", "only if"),
        [
            (
                code([name]),
                rule["Properties"]["Description"],
                code(_matched(rule["Properties"]["EventPattern"])),
                when(rule["Condition"]) if "Condition" in rule else "",
            )
            for name, rule in resources("AWS::Events::Rule")
        ],
    )


def _matched(pattern: Any) -> list[str]:
    """The API calls that a pattern matches, or the kinds of events that no API call leads to."""
    names: list[str] = pattern["detail"]["eventName"] if "detail" in pattern else pattern["detail-type"]
    return names


def alarms() -> str:
    """The alarms and what each means."""
    return table(
        ("alarm", "means"),
        [(code([name]), alarm["Properties"]["AlarmDescription"]) for name, alarm in _alarms()],
    )


def outputs() -> str:
    """The outputs of the stack."""
    return table(
        ("output", "is"),
        [(code([name]), output["Description"]) for name, output in template()["Outputs"].items()],
    )


def properties() -> str:
    """What each method of re-encrypting does with each property of an object."""
    return table(
        ("property", "copy", "copy in parts", "in place", "compared afterwards"),
        [
            (
                row.name,
                _fate(row.copy, sometimes_lost=row.lost_in_copy is not None),
                _fate(row.parts, sometimes_lost=row.lost_in_parts is not None),
                _fate(row.in_place, sometimes_lost=False),
                "yes" if row.seen or row.name == _COMPARED_APART else "",
            )
            for row in PROPERTIES
        ],
    )


def other_findings() -> str:
    """A section of the runbook for each check that the page has no section for by hand."""
    return "\n\n".join(
        f"## {check.id}\n\n[Checks](checks.md#{anchor_of(check.id)}) says when this finding comes. Follow "
        "`recommendation`, then the [status](#by-status)."
        for check in _without_section("runbook.md", "other findings")
    )


def other_checks() -> str:
    """The same for the page of the checks."""
    return "\n\n".join(
        f"## {check.id}\n\nRequires {check.requires(_WITH_DEFAULTS)}. Mode: `{mode_parameters()[check.id]}`. "
        "A finding's `reason` says what was found."
        for check in _without_section("checks.md", "other checks")
    )


def _without_section(page: str, block: str) -> list[Check]:
    before, _, after = (REPOSITORY / "docs" / page).read_text().partition(f"<!-- make docs: {block} -->")
    written = before + after.partition("<!-- end -->")[2]
    return [check for check in CHECK_BY_ID.values() if f"\n## {check.id}\n" not in written]


def measured_facts() -> str:
    """What `make verify-aws` measures."""
    return table(
        ("fact", "question", "expected"),
        [(f"[{asks.fact}](aws-facts.md)", asks.question, asks.expected) for asks in EXPECTATIONS],
    )


def unmeasured_facts() -> str:
    """What it does not measure, of what is not known from a page of AWS."""
    return table(
        ("fact", "why not"), [(f"[{fact}](aws-facts.md)", why) for fact, why in NOT_MEASURED.items()]
    )


def sandbox_resources() -> str:
    """What it makes, and what that costs."""
    return table(
        ("service", "makes", "costs"), [(code([kind.service]), kind.made, kind.cost) for kind in KINDS]
    )


def anchor_of(check: str) -> str:
    """The anchor of a check's section, as GitHub makes it."""
    return check.replace(".", "").lower()


def _alarms() -> list[tuple[str, dict[str, Any]]]:
    return list(resources("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"))


def _parameter(name: str, parameter: Mapping[str, Any]) -> tuple[str, str, str, str]:
    default = str(parameter["Default"])
    return code([name]), code([default]) if default else "empty", _values(parameter), parameter["Description"]


def _values(parameter: Mapping[str, Any]) -> str:
    if allowed := parameter.get("AllowedValues"):
        return code(str(value) for value in allowed)
    if explained := parameter.get("ConstraintDescription"):
        return str(explained).removeprefix("must be ")
    if parameter["Type"] == "Number":
        limits = (("at least", "MinValue"), ("at most", "MaxValue"))
        return ", ".join(f"{words} {parameter[limit]}" for words, limit in limits if limit in parameter)
    return f"matches `{parameter['AllowedPattern']}`" if "AllowedPattern" in parameter else "any text"


def _fate(fate: Fate, *, sometimes_lost: bool) -> str:
    return f"{fate}, or manual" if fate is Fate.KEPT and sometimes_lost else str(fate)


TABLES: Mapping[str, Callable[[], str]] = {
    "alarms": alarms,
    "calls": calls,
    "checks": checks,
    "measured facts": measured_facts,
    "other checks": other_checks,
    "other findings": other_findings,
    "outputs": outputs,
    "parameters": parameters,
    "fixed price": fixed_price,
    "price": price,
    "price of a bucket event": price_of_bucket_event,
    "price of an example": price_of_example,
    "price of an object": price_of_object,
    "price of many": price_of_many,
    "price of profiles": price_of_profiles,
    "price of traffic": price_of_traffic,
    "properties": properties,
    "resource policies": resource_policies,
    "roles": roles,
    "sandbox resources": sandbox_resources,
    "unmeasured facts": unmeasured_facts,
}
