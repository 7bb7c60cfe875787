"""The template as CloudFormation gets it: translated from SAM, and resolved for given parameters."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache, reduce
from operator import getitem
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from localcloud.client.handle import REPOSITORY

SOURCE = REPOSITORY / "template.yaml"
ARTEFACT = "s3://reseal-artefacts/dummy"
REMOVED = object()
STACK_UUID = "51af3dc0-da77-11e4-872e-1234567db123"
PSEUDO = {
    "AWS::AccountId": "111122223333",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::StackId": "arn:aws:cloudformation:us-east-1:111122223333:stack/reseal/" + STACK_UUID,
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::NoValue": REMOVED,
}
_VARIABLE = re.compile(r"\$\{([A-Za-z0-9:.]+)\}")

Template = dict[str, Any]


@cache
def _translated() -> str:
    document = yaml_parse(SOURCE.read_text())
    for resource in document["Resources"].values():
        for location in {"CodeUri", "ContentUri"} & resource.get("Properties", {}).keys():
            resource["Properties"][location] = ARTEFACT
    session = boto3.Session(region_name="us-east-1")
    return json.dumps(Translator({}, Parser(), boto_session=session).translate(document, {}))


def translated() -> Template:
    """The template as plain CloudFormation, unresolved."""
    template: Template = json.loads(_translated())
    return template


def resolved(**parameters: str) -> Template:
    """The template with conditions, parameters and pseudo parameters resolved, but not resources."""
    template = translated()
    values = {name: parameter.get("Default") for name, parameter in template["Parameters"].items()}
    resolver = _Resolver(template, {**values, **PSEUDO, **parameters})
    for section in ("Resources", "Outputs"):
        template[section] = {
            name: resolver.resolve(body)
            for name, body in template[section].items()
            if "Condition" not in body or resolver.holds(body["Condition"])
        }
    return template


def enforcing(**parameters: str) -> Template:
    """As `resolved`, but with the right to write unless `parameters` name another mode."""
    return resolved(**{"Mode": "enforce", **parameters})


class _Resolver:
    """The intrinsic functions this template uses."""

    def __init__(self, template: Template, values: dict[str, Any]) -> None:
        self._conditions, self._values = template["Conditions"], values
        self._mappings = template["Mappings"]

    def holds(self, condition: str) -> bool:
        return self._true(self._conditions[condition])

    def _true(self, test: dict[str, Any]) -> bool:
        ((function, arguments),) = test.items()
        match function:
            case "Condition":
                return self.holds(arguments)
            case "Fn::Equals":
                left, right = (self.resolve(argument) for argument in arguments)
                return str(left) == str(right)
            case "Fn::Not":
                return not self._true(arguments[0])
            case "Fn::And":
                return all(self._true(argument) for argument in arguments)
            case "Fn::Or":
                return any(self._true(argument) for argument in arguments)
        raise NotImplementedError(function)

    def resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not REMOVED]
        if isinstance(value, dict):
            return self._resolve_object(value)
        return value

    def _resolve_object(self, value: dict[str, Any]) -> Any:
        match value:
            case {"Ref": name} if name in self._values:
                return self._values[name]
            case {"Fn::If": [condition, then, otherwise]}:
                return self.resolve(then if self.holds(condition) else otherwise)
            case {"Fn::FindInMap": [*path]}:
                return reduce(getitem, map(self.resolve, path), self._mappings)
            case {"Fn::Sub": text}:
                return self._substituted(*[text, {}] if isinstance(text, str) else text)
        for function, apply in _OF_LISTS.items():
            if function in value:
                argument, operand = value[function]
                return apply(argument, self.resolve(operand))
        items = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in items.items() if item is not REMOVED}

    def _substituted(self, text: str, named: dict[str, Any]) -> str:
        values = self._values | self.resolve(named)
        return _VARIABLE.sub(lambda m: str(values.get(m[1], m[0])), text)


_OF_LISTS: dict[str, Callable[[Any, Any], Any]] = {
    "Fn::Join": lambda separator, parts: separator.join(map(_as_text, parts)),
    "Fn::Select": lambda number, parts: parts[number],
    "Fn::Split": lambda separator, text: text.split(separator),
}


def _as_text(part: Any) -> str:
    """A part of a joined text; a reference to a resource is written as in `Fn::Sub`."""
    match part:
        case {"Ref": str(name)}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"${{{name}.{attribute}}}"
    return str(part)


def of_type(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    """The properties of every resource of a type, by logical name."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def arn_of(resource: str) -> dict[str, list[str]]:
    """How the template refers to a resource's ARN."""
    return {"Fn::GetAtt": [resource, "Arn"]}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every policy statement of every resource, with the resource's name."""
    for name, resource in template["Resources"].items():
        yield from ((name, found) for found in _statements(resource.get("Properties", {})))


def _statements(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield from as_list(value.get("Statement", []))
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _statements(item)


def actions(statement: dict[str, Any]) -> set[str]:
    return set(as_list(statement["Action"]))
