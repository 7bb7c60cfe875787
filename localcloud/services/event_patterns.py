"""Event patterns against arrays, as AWS's open-source engine (aws/event-ruler) matches them.

All values that a pattern matches inside an array come from one element. `{"exists": false}` asks about that
element only if a field before it, in the order of their names, has chosen one; otherwise about all elements.
MiniStack always asks about one.
"""

from collections.abc import Callable, Iterator
from typing import Any

from ministack.services import eventbridge

from localcloud.request import anchors

Path = tuple[str, ...]
Elements = dict[int, int]  # the chosen index in each array, by the array's identity
Found = tuple[Any, Elements]
ABSENT, PRESENT = {"exists": False}, {"exists": True}


def install() -> None:
    """Replace MiniStack's matcher; it still compares single values."""
    anchors.replace("services.eventbridge._matches_alternative", _matches)


def _matches(_original: Callable[..., bool], view: Any, pattern: dict[str, Any]) -> bool:
    if eventbridge._UNSATISFIABLE in pattern:
        return False
    event = view.event_with_detail() if "detail" in pattern else view.envelope()
    leaves = sorted(_leaves(pattern, ()), key=lambda leaf: ".".join(leaf[0]))
    fields = [(list(_found(event, path, {})), wanted) for path, wanted in leaves]
    return bool(fields) and _match_from(fields, {})


def _leaves(pattern: dict[str, Any], path: Path) -> Iterator[tuple[Path, list[Any]]]:
    for name, wanted in pattern.items():
        if isinstance(wanted, dict):
            yield from _leaves(wanted, (*path, name))
        else:
            yield (*path, name), wanted


def _found(node: Any, path: Path, elements: Elements) -> Iterator[Found]:
    """The values at a path of the event, each with the array elements it is in."""
    if isinstance(node, list):
        for index, element in enumerate(node):
            yield from _found(element, path, elements | {id(node): index})
    elif not isinstance(node, dict):
        if not path:
            yield node, elements
    elif path and path[0] in node:
        yield from _found(node[path[0]], path[1:], elements)


def _match_from(fields: list[tuple[list[Found], list[Any]]], chosen: Elements) -> bool:
    """Whether these fields match, given the elements that earlier fields have chosen."""
    if not fields:
        return True
    (found, wanted), rest = fields[0], fields[1:]
    reachable = [(value, elements) for value, elements in found if _agree(elements, chosen)]
    if not reachable:
        return ABSENT in wanted and _match_from(rest, chosen)
    return any(
        (PRESENT in wanted or eventbridge._matches_alternatives(value, wanted))
        and _match_from(rest, chosen | elements)
        for value, elements in reachable
    )


def _agree(elements: Elements, chosen: Elements) -> bool:
    return all(chosen.get(array, index) == index for array, index in elements.items())
