"""Runs commands written for the AWS CLI, version 2, with botocore: the commands of the documents."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jmespath
from botocore import xform_name

_SUBSTITUTION = re.compile(r"\$\(output (\w+)\)")
_OF_THE_CLI = {"query", "output"}
_RENAMED = {"notification-endpoint": "endpoint"}
_SERVICES = {"s3api": "s3"}
_COMMAND = re.compile(r"(?<![\w-])aws ([a-z0-9-]+ [a-z-]+(?:(?!\baws )[^\n`])*)")


def commands_in(page: str) -> list[str]:
    """Each command of a page, without the word `aws`, and without the end of a substitution around it."""
    found = _COMMAND.findall(page.replace("\\\n", " "))
    return [one.removesuffix(')"') if one.count('"') % 2 else one for one in found]


def run(command: str, client_of: Callable[[str], Any], outputs: Mapping[str, str], folder: Path) -> Any:
    """Run `SERVICE OPERATION OPTIONS`; the answer, of which `--query` selects a part.

    `$(output NAME)` is the stack's output. `file://` is in `folder`, and so is the file after `>`.
    What follows a pipe, and a file name without an option, is left out. Raises ClientError.
    """
    command = _SUBSTITUTION.sub(lambda found: outputs[found[1]], command.partition(" | ")[0])
    words = shlex.split(command)
    target = words[words.index(">") + 1] if ">" in words else None
    service, name, *rest = words[: words.index(">")] if ">" in words else words
    client = client_of(_SERVICES.get(service, service))
    operation = next(o for o in client.meta.service_model.operation_names if xform_name(o, "-") == name)
    given = {_RENAMED.get(option, option): values for option, values in _options(rest)}
    members = client.meta.service_model.operation_model(operation).input_shape.members
    known = {xform_name(member, "-"): member for member in members}
    arguments = {}
    for option in given.keys() - _OF_THE_CLI:
        member = known.get(option) or known[option.removeprefix("no-")]
        arguments[member] = _value(members[member], given[option], folder, negated=option not in known)
    answer = getattr(client, xform_name(operation))(**arguments)
    found = jmespath.search(given["query"][0], answer) if "query" in given else answer
    if target and target.endswith(".json"):
        (folder / target).write_text(found if isinstance(found, str) else json.dumps(found, default=str))
    return found


def _options(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Each option with its values. A word before the first option is a file for the answer."""
    option, values = None, []
    for word in words:
        if word.startswith("--"):
            if option:
                yield option, values
            option, values = word.removeprefix("--"), []
        else:
            values.append(word)
    if option:
        yield option, values


def _value(shape: Any, values: list[str], folder: Path, *, negated: bool) -> Any:
    """The values of one option, as their shape wants them: plain, JSON, from a file, or in shorthand."""
    if shape.type_name == "boolean":
        return not negated
    text = values[0]
    if text.startswith("file://"):
        text = (folder / text.removeprefix("file://")).read_text()
    match shape.type_name:
        case "integer" | "long":
            return int(text)
        case "string" | "timestamp" | "blob":
            return text
    if text.startswith(("{", "[")):
        return json.loads(text)
    if shape.type_name == "list":
        return [_shorthand(word) if shape.member.type_name == "structure" else word for word in values]
    return _shorthand(text)


def _shorthand(text: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in text.split(","))
