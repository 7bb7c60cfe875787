"""The template, and its intrinsic functions and conditions in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

REPOSITORY = Path(__file__).resolve().parents[1]
NO_VALUE = {"Ref": "AWS::NoValue"}
_PSEUDO = {
    "AWS::AccountId": "ACCOUNT",
    "AWS::Partition": "aws",
    "AWS::Region": "REGION",
    "AWS::StackName": "STACK",
    "AWS::URLSuffix": "amazonaws.com",
}
_VARIABLE = re.compile(r"\$\{([\w:.]+)\}")


@cache
def template() -> dict[str, Any]:
    """The parsed template."""
    parsed: dict[str, Any] = yaml_parse((REPOSITORY / "template.yaml").read_text())
    return parsed


def resources(*types: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The resources of these types, by name."""
    for name, resource in template()["Resources"].items():
        if resource["Type"] in types:
            yield name, resource


def exist(parameters: Mapping[str, str], *types: str) -> list[tuple[str, dict[str, Any]]]:
    """The resources of these types, by name, that a stack with these parameters has."""
    defaults = {name: str(parameter.get("Default")) for name, parameter in template()["Parameters"].items()}
    given = defaults | dict(parameters)
    return [
        (name, resource)
        for name, resource in resources(*types)
        if "Condition" not in resource or _holds({"Condition": resource["Condition"]}, given)
    ]


def _holds(condition: Mapping[str, Any], given: Mapping[str, str]) -> bool:
    ((function, argument),) = condition.items()
    match function:
        case "Condition":
            return _holds(template()["Conditions"][argument], given)
        case "Fn::Not":
            return not _holds(argument[0], given)
        case "Fn::And":
            return all(_holds(part, given) for part in argument)
        case "Fn::Or":
            return any(_holds(part, given) for part in argument)
        case "Fn::Equals":
            one, other = argument
            return given[one["Ref"]] == str(other)
    raise ValueError(f"{function} is no condition")


def in_words(value: Any) -> str:
    """A value of the template: the name of a resource or parameter stands for each of its values."""
    if isinstance(value, list):
        return ", ".join(dict.fromkeys(in_words(part) for part in value))
    if not isinstance(value, Mapping):
        return str(value)
    ((function, argument),) = value.items()
    return _FUNCTIONS[function](argument)


_FUNCTIONS: Mapping[str, Callable[[Any], str]] = {
    "Ref": lambda name: _PSEUDO.get(name, name),
    "Fn::GetAtt": lambda path: str(path[0]),
    "Fn::Sub": lambda text: _VARIABLE.sub(
        lambda found: _variable(found[1]), text if isinstance(text, str) else text[0]
    ),
    "Fn::Join": lambda parts: str(parts[0]).join(in_words(part) for part in _listed(parts[1])),
    "Fn::Split": lambda parts: in_words(parts[1]),
    "Fn::Select": lambda parts: _selected(parts[0], *parts[1]["Fn::Split"]),
    "Fn::FindInMap": lambda path: in_words(template()["Mappings"][path[0]][path[1]][path[2]]),
    "Fn::If": lambda parts: " or ".join(in_words(part) for part in parts[1:] if part != NO_VALUE),
}
"""What each intrinsic function of the template is in words."""


def _selected(number: int, delimiter: str, text: Any) -> str:
    """Of a list in a parameter, which the template pads to select from it, the parameter; else the part."""
    words = in_words(text)
    return words.partition(",")[0] if delimiter == "," else f"part {number} of {words}"


def _listed(parts: Any) -> list[Any]:
    return parts if isinstance(parts, list) else [parts]


def _variable(name: str) -> str:
    return _PSEUDO.get(name, name.partition(".")[0])


def actions_of(statement: Mapping[str, Any]) -> list[str]:
    """The actions of a policy statement."""
    return sorted(in_words(statement["Action"]).split(", "))


def when(name: str, *, holds: bool = True) -> str:
    """A condition of the template in words, or its negation."""
    words = _condition({"Condition": name}, holds=holds)
    return words[1:-1] if words.startswith("(") and words.find(")") == len(words) - 1 else words


def _condition(condition: Mapping[str, Any], *, holds: bool) -> str:
    ((function, argument),) = condition.items()
    match function:
        case "Condition":
            return _condition(template()["Conditions"][argument], holds=holds)
        case "Fn::Not":
            return _condition(argument[0], holds=not holds)
        case "Fn::Equals":
            return _equals(*argument, holds=holds)
        case "Fn::And" | "Fn::Or":
            return _joined(argument, all_of=(function == "Fn::And") == holds, holds=holds)
    raise ValueError(f"no words for the condition {function}")


def _joined(conditions: list[Any], *, all_of: bool, holds: bool) -> str:
    parts = dict.fromkeys(_condition(condition, holds=holds) for condition in conditions)
    joined = (" and " if all_of else " or ").join(parts)
    return joined if all_of or len(parts) == 1 else f"({joined})"


def _equals(one: Any, other: Any, *, holds: bool) -> str:
    name = f"`{in_words(one)}`"
    if other == "":
        return f"{name} is empty" if holds else f"{name} is not empty"
    return f"{name} is `{other}`" if holds else f"{name} is not `{other}`"
