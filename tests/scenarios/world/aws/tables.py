"""Amazon DynamoDB: tables with the key `id`, and the expressions of conditional writes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from copy import deepcopy
from decimal import Decimal
from functools import cache
from types import CodeType
from typing import Any

from tests.scenarios.world.aws.account import Account, error

_TOKEN = re.compile(r":\w+|#\w+|<>|<=|>=|[=<>(),+-]|[A-Za-z_]\w*|\S")
_WORDS = {"AND": "and", "OR": "or", "NOT": "not", "=": "==", "<>": "!="}
_CLAUSE = re.compile(r"\b(SET|REMOVE|ADD)\b")
_TOP_LEVEL_COMMA = re.compile(r",(?![^(]*\))")

Item = dict[str, Any]


class _Absent:
    """An attribute that an item does not have: no comparison with it is true."""

    def _no(self, _other: object) -> bool:
        return False

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _no
    __hash__ = object.__hash__


ABSENT = _Absent()


class Table:
    """The tables of an account, each with its items by id, in AWS's typed form."""

    def __init__(self, account: Account) -> None:
        self._tables: defaultdict[str, dict[str, Item]] = defaultdict(dict)
        operations = ("PutItem", "GetItem", "UpdateItem", "DeleteItem", "Query")
        account.serve("dynamodb", {name: getattr(self, name) for name in operations})
        account.serve("dynamodb", {n: getattr(self, n) for n in ("TransactWriteItems", "TransactGetItems")})

    @property
    def items(self) -> dict[str, Item]:
        """The items of all tables."""
        return {item_id: item for table in self._tables.values() for item_id, item in table.items()}

    def PutItem(self, **put: Any) -> Mapping[str, Any]:  # noqa: N802
        self._must_hold(put["Item"]["id"]["S"], put)
        self._put(put)
        return {}

    def GetItem(self, **get: Any) -> Mapping[str, Any]:  # noqa: N802
        item = self._of(get).get(get["Key"]["id"]["S"])
        return {"Item": deepcopy(item)} if item else {}

    def UpdateItem(self, **update: Any) -> Mapping[str, Any]:  # noqa: N802
        item_id = update["Key"]["id"]["S"]
        self._must_hold(item_id, update)
        items = self._of(update)
        items[item_id] = _updated(items.get(item_id, {"id": {"S": item_id}}), update)
        return {"Attributes": deepcopy(items[item_id])}

    def DeleteItem(self, **delete: Any) -> Mapping[str, Any]:  # noqa: N802
        self._must_hold(delete["Key"]["id"]["S"], delete)
        self._of(delete).pop(delete["Key"]["id"]["S"], None)
        return {}

    def Query(self, **query: Any) -> Mapping[str, Any]:  # noqa: N802
        conditions = (query["KeyConditionExpression"], query.get("FilterExpression"))
        found = [
            deepcopy(item)
            for item in self._of(query).values()
            if all(_evaluate(condition, item, query) for condition in conditions)
        ]
        return {"Items": found, "Count": len(found)}

    def TransactWriteItems(self, TransactItems: Sequence[Any], **_: Any) -> Mapping[str, Any]:  # noqa: N802, N803
        writes = [write for item in TransactItems for write in item.values()]
        reasons = [self._reason(write) for write in writes]
        if any(reason["Code"] != "None" for reason in reasons):
            raise error("TransactionCanceledException", operation="Transact", CancellationReasons=reasons)
        for write in writes:
            if "Item" in write:
                self._put(write)
            else:
                self.UpdateItem(**write)
        return {}

    def TransactGetItems(self, TransactItems: Sequence[Any], **_: Any) -> Mapping[str, Any]:  # noqa: N802, N803
        return {"Responses": [self.GetItem(**item["Get"]) for item in TransactItems]}

    def _put(self, put: Mapping[str, Any]) -> None:
        self._of(put)[put["Item"]["id"]["S"]] = deepcopy(dict(put["Item"]))

    def _of(self, request: Mapping[str, Any]) -> dict[str, Item]:
        return self._tables[request["TableName"]]

    def _reason(self, put: Mapping[str, Any]) -> dict[str, Any]:
        item = self._of(put).get(put.get("Item", put.get("Key", {}))["id"]["S"])
        if _evaluate(put.get("ConditionExpression"), item or {}, put):
            return {"Code": "None"}
        shown: dict[str, Any] = (
            {"Item": item} if item and put.get("ReturnValuesOnConditionCheckFailure") else {}
        )
        return {"Code": "ConditionalCheckFailed", **shown}

    def _must_hold(self, item_id: str, write: Mapping[str, Any]) -> None:
        item = self._of(write).get(item_id)
        if not _evaluate(write.get("ConditionExpression"), item or {}, write):
            shown: dict[str, Any] = (
                {"Item": item} if item and write.get("ReturnValuesOnConditionCheckFailure") else {}
            )
            raise error("ConditionalCheckFailedException", operation="Write", **shown)


def _updated(item: Item, update: Mapping[str, Any]) -> Item:
    """The item after the update; every clause reads the item as it was."""
    changed = deepcopy(item)
    _, *parts = _CLAUSE.split(update["UpdateExpression"])
    for clause, text in zip(parts[::2], parts[1::2], strict=True):
        for part in _TOP_LEVEL_COMMA.split(text):
            path, _, expression = part.strip().partition(" = " if clause == "SET" else " ")
            name = update.get("ExpressionAttributeNames", {}).get(path, path)
            if clause == "REMOVE":
                changed.pop(name, None)
            elif clause == "SET":
                changed[name] = _typed(_evaluate(expression, item, update))
            else:
                added = _evaluate(expression, item, update)
                before = _plain(item[name]) if name in item else None
                changed[name] = _typed(
                    before | added if isinstance(before, set) else (before or type(added)()) + added
                )
    return changed


def _evaluate(expression: str | None, item: Item, request: Mapping[str, Any]) -> Any:
    """A condition, or a value to set. An absent condition holds."""
    if expression is None:
        return True
    names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})

    def attribute(name: str) -> Any:
        found = item.get(names.get(name, name))
        return ABSENT if found is None else _plain(found)

    known = {**_FUNCTIONS, "attribute": attribute, "value": lambda name: _plain(values[name])}
    return eval(_compiled(expression), {"__builtins__": {}}, known)


@cache
def _compiled(expression: str) -> CodeType:
    """The expression as Python."""

    def python(token: str) -> str:
        if token in _WORDS or token in _FUNCTIONS or not re.match(r"[:#\w]", token):
            return _WORDS.get(token, token)
        return f"value({token!r})" if token.startswith(":") else f"attribute({token!r})"

    return compile(" ".join(map(python, _TOKEN.findall(expression))), "<expression>", "eval")


_FUNCTIONS: dict[str, Any] = {
    "attribute_exists": lambda found: found is not ABSENT,
    "attribute_not_exists": lambda found: found is ABSENT,
    "begins_with": lambda found, start: found is not ABSENT and found.startswith(start),
    "contains": lambda found, part: found is not ABSENT and part in found,
    "if_not_exists": lambda found, otherwise: otherwise if found is ABSENT else found,
    "list_append": lambda first, second: [*first, *second],
    "size": lambda found: ABSENT if found is ABSENT else len(found),
}


def _plain(value: Mapping[str, Any]) -> Any:
    ((kind, content),) = value.items()
    match kind:
        case "N":
            return Decimal(content)
        case "NULL":
            return None
        case "L":
            return [_plain(one) for one in content]
        case "M":
            return {name: _plain(one) for name, one in content.items()}
        case "SS":
            return set(content)
    return content


def _typed(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"BOOL": value}
        case Decimal() | int():
            return {"N": str(value)}
        case set():
            return {"SS": sorted(value)}
        case list():
            return {"L": [_typed(one) for one in value]}
        case dict():
            return {"M": {name: _typed(one) for name, one in value.items()}}
    return {"NULL": True} if value is None else {"S": value}
