"""Amazon DynamoDB: what was last seen of each bucket and key, one item each, in a table of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import reduce
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from reseal.aws.dynamodb.items import CONDITION_FAILED, refusal_is_transient
from reseal.core.errors import TransientError
from reseal.core.snapshot import BucketSeen, KeySeen, Seen, joined, seen_from_document

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT = timedelta(days=400)
"""How long an item outlives the last look at its bucket or key."""

NAMES_FOR = timedelta(days=90)
"""How long a bucket that was seen counts as one that names its key."""

BY_KEY = "by-key"
"""The index from a key's ARN to the buckets that name it, with the time when each item expires."""

_ATTEMPTS = 5
"""How often a write is tried that another one of the same item came before."""

_BUCKET = "bucket#"
"""With this begins the id of a bucket's item."""

_BATCH = 100
"""Items in one BatchGetItem, its most."""

_MOST_ADDED = 8
"""Observations that are added to an item before one of them is joined with them: each is 1 KB or less."""


class DynamoDbSnapshot:
    """`Snapshot` on one DynamoDB table with the key `id` and the index `by-key`.

    `sweep` names the sweep that looks, or is None for a lane. An item holds the last sweep that saw it, what
    was known when it was last joined, and what was added since. A lane adds what it saw in one call, without
    a read; every eighth time, and always for a sweep, all is read and joined.
    """

    def __init__(self, client: DynamoDBClient, table: str, *, sweep: str | None = None) -> None:
        self._client, self._table, self._sweep = client, table, sweep
        self._ahead: dict[str, Mapping[str, Any] | None] = {}

    def read_bucket(self, bucket: str) -> BucketSeen | None:
        """What was last seen of the bucket. Raises TransientError."""
        seen = self._read(f"{_BUCKET}{bucket}")
        return seen if isinstance(seen, BucketSeen) else None

    def read_key(self, arn: str) -> KeySeen | None:
        """What was last seen of the key. Raises TransientError."""
        seen = self._read(f"key#{arn}")
        return seen if isinstance(seen, KeySeen) else None

    def buckets_of_key(self, arn: str, now: datetime) -> Sequence[str]:
        """The names of the buckets that name the key. Raises TransientError.

        One that was not seen for so long is probably gone: no event says that a bucket was deleted.
        """
        since = {"N": str(int((now - NAMES_FOR + KEPT).timestamp()))}
        question = {
            "TableName": self._table,
            "IndexName": BY_KEY,
            "KeyConditionExpression": "kms_key = :arn",
            "FilterExpression": "expires_at >= :since",
            "ExpressionAttributeValues": {":arn": {"S": arn}, ":since": since},
        }
        with refusal_is_transient("dynamodb:Query"):
            items = list(self._pages(self._client.query, question))
        return sorted(item["id"]["S"].removeprefix(_BUCKET) for item in items)

    def put(self, seen: Seen) -> None:
        """Keep it, joined with what is known. Raises TransientError, also if others keep writing."""
        if self._sweep is None and self._written(self._addition(seen)):
            return
        item_id = _id(seen)
        for _ in range(_ATTEMPTS):
            item = self._ahead.pop(item_id) if item_id in self._ahead else self._item(item_id)
            if self._written(self._update(seen, item)):
                return
        raise TransientError(f"the snapshot of {seen.name} kept changing")

    def read_ahead(self, buckets: Sequence[str]) -> None:
        """Read them in batches. What DynamoDB leaves out is read when it is put. Raises TransientError."""
        ids = [f"{_BUCKET}{bucket}" for bucket in buckets]
        for first in range(0, len(ids), _BATCH):
            self._read_batch(ids[first : first + _BATCH])

    def seen_by(self, sweep: str) -> Iterator[Seen]:
        """Everything that this sweep saw, as it was last seen by anyone. Raises TransientError."""
        for item in self._scanned("last_sweep = :sweep", sweep):
            yield _seen_in(item)

    def names_of_keys(self, sweep: str) -> Iterator[tuple[str, str]]:
        """The bucket and the ARN of its key, without the rest of each item. Raises TransientError."""
        condition = "last_sweep = :sweep AND attribute_exists(kms_key)"
        for item in self._scanned(condition, sweep, ProjectionExpression="id, kms_key"):
            yield item["id"]["S"].removeprefix(_BUCKET), item["kms_key"]["S"]

    def _scanned(self, condition: str, sweep: str, **further: str) -> Iterator[Mapping[str, Any]]:
        question = {
            "TableName": self._table,
            "ConsistentRead": True,
            "FilterExpression": condition,
            "ExpressionAttributeValues": {":sweep": {"S": sweep}},
            **further,
        }
        with refusal_is_transient("dynamodb:Scan"):
            yield from self._pages(self._client.scan, question)

    def _read(self, item_id: str) -> Seen | None:
        item = self._item(item_id)
        return _seen_in(item) if item else None

    def _item(self, item_id: str) -> Mapping[str, Any] | None:
        key = {"id": {"S": item_id}}
        with refusal_is_transient("dynamodb:GetItem"):
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return answer.get("Item")

    def _read_batch(self, ids: Sequence[str]) -> None:
        keys: list[Any] = [{"id": {"S": item_id}} for item_id in ids]
        with refusal_is_transient("dynamodb:BatchGetItem"):
            answer = self._client.batch_get_item(
                RequestItems={self._table: {"Keys": keys, "ConsistentRead": True}}
            )
        left = answer.get("UnprocessedKeys", {}).get(self._table, {"Keys": []})["Keys"]
        self._ahead |= dict.fromkeys(set(ids) - {key["id"]["S"] for key in left})
        self._ahead |= {item["id"]["S"]: item for item in answer["Responses"].get(self._table, [])}

    def _written(self, update: dict[str, Any]) -> bool:
        """Whether the write was made: its condition held."""
        with refusal_is_transient("dynamodb:UpdateItem"):
            try:
                self._client.update_item(TableName=self._table, **update)
            except ClientError as error:
                if error.response["Error"]["Code"] != CONDITION_FAILED:
                    raise
                return False
        return True

    @staticmethod
    def _addition(seen: Seen) -> dict[str, Any]:
        """The write that adds it to what is to be joined."""
        key, was_read = _kms_key(seen), not (isinstance(seen, BucketSeen) and seen.not_read)
        update = "SET added = list_append(if_not_exists(added, :none), :seen), expires_at = :expires_at"
        values = {
            ":none": {"L": []},
            ":seen": {"L": [{"S": json.dumps(seen.to_document())}]},
            ":expires_at": _expiry(seen),
            ":one": {"N": "1"},
            ":most": {"N": str(_MOST_ADDED)},
        }
        if key:
            update, values = f"{update}, kms_key = :key", {**values, ":key": {"S": key}}
        removed = " REMOVE kms_key" if was_read and not key else ""
        return {
            "Key": {"id": {"S": _id(seen)}},
            "UpdateExpression": f"{update}{removed} ADD #version :one",
            "ConditionExpression": "attribute_not_exists(added) OR size(added) < :most",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": values,
        }

    def _update(self, seen: Seen, item: Mapping[str, Any] | None) -> dict[str, Any]:
        """The write of what is joined, if the item is as it was read."""
        now = joined(seen, _seen_in(item) if item else None)  # type: ignore[type-var]  # an id names one kind
        version = int(item["version"]["N"]) if item else 0
        values = {
            "document": {"S": json.dumps(now.to_document())},
            "version": {"N": str(version + 1)},
            "expires_at": _expiry(now),
        }
        key = _kms_key(now)
        values |= {"kms_key": {"S": key}} if key else {}
        values |= {"last_sweep": {"S": self._sweep}} if self._sweep else {}
        return {
            "Key": {"id": {"S": _id(seen)}},
            "UpdateExpression": f"SET {_assigned(values)} REMOVE added{'' if key else ', kms_key'}",
            "ConditionExpression": "attribute_not_exists(id) OR #version = :read",
            "ExpressionAttributeNames": {f"#{name}": name for name in values},
            "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()}
            | {":read": {"N": str(version)}},
        }

    @staticmethod
    def _pages(call: Any, question: dict[str, Any]) -> Iterator[Any]:
        start: dict[str, Any] = {}
        while True:
            answer = call(**question, **start)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _seen_in(item: Mapping[str, Any]) -> Seen:
    """What the item holds, joined."""
    texts = [item["document"]] if "document" in item else []
    first, *others = [seen_from_document(json.loads(t["S"])) for t in (*texts, *_added(item))]
    return reduce(lambda known, one: joined(one, known), others, joined(first, None))  # type: ignore[type-var]  # an id names one kind


def _added(item: Mapping[str, Any]) -> Sequence[Mapping[str, str]]:
    added: Sequence[Mapping[str, str]] = item.get("added", {}).get("L", [])
    return added


def _kms_key(seen: Seen) -> str | None:
    return seen.kms_key if isinstance(seen, BucketSeen) else None


def _expiry(seen: Seen) -> dict[str, str]:
    return {"N": str(int((seen.seen_at + KEPT).timestamp()))}


def _id(seen: Seen) -> str:
    return f"{_BUCKET if isinstance(seen, BucketSeen) else 'key#'}{seen.name}"


def _assigned(values: dict[str, Any]) -> str:
    return ", ".join(f"#{name} = :{name}" for name in values)
