"""The body of an S3 request as CloudTrail shows it (A8)."""

import json
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


def to_parameters(body: bytes) -> dict[str, Any]:
    """The request parameters from a body: a policy becomes an object, XML an object named after its root."""
    if not body.strip():
        return {}
    if body.lstrip().startswith(b"{"):
        return _policy(body)
    try:
        root = fromstring(body)  # noqa: S314 - a local test's request
    except ParseError:
        return {}
    namespace, _, name = root.tag.rpartition("}")
    content = _content(root)
    if not isinstance(content, dict):
        content = {}
    if namespace:
        content["xmlns"] = namespace.lstrip("{")
    return {name: content}


def _policy(body: bytes) -> dict[str, Any]:
    try:
        return {"bucketPolicy": json.loads(body)}
    except ValueError:
        return {}


def _content(element: Element) -> Any:
    """A child becomes an object, several of one name a list; a scalar gets the type that it looks like."""
    content: dict[str, Any] = {}
    if kind := element.get(f"{XSI}type"):
        content = {"xmlns:xsi": XSI.strip("{}"), "xsi:type": kind}
    if not len(element) and not content:
        return _scalar((element.text or "").strip())
    for child in element:
        name, value = child.tag.rpartition("}")[2], _content(child)
        if name not in content:
            content[name] = value
        elif isinstance(content[name], list):
            content[name].append(value)
        else:
            content[name] = [content[name], value]
    return content


def _scalar(text: str) -> str | bool | int:
    if text in {"true", "false"}:
        return text == "true"
    return int(text) if text.isascii() and text.isdigit() else text
