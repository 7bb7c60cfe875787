"""The measured products, each as a function of one event. Imports no product before `load` is called."""

from __future__ import annotations

import importlib.util
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.world import BUCKET, COMPLIANT, TABLE, World, configuration

Handle = Callable[[dict[str, Any]], None]

RESEAL, CUSTODIAN = "reseal", "custodian"
GET, GET_PUT, SAME_CALLS = "get", "get+put", "same calls"
_INVOCATION_MILLISECONDS = 300_000


class Context:
    """Lambda's context object, as far as the function uses it."""

    aws_request_id = "00000000-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        """As at the start of an invocation."""
        return _INVOCATION_MILLISECONDS


def load(product: str, world: World, app: Path) -> Handle:
    """Import and prepare a product; its first event is still cold."""
    match product:
        case "reseal":
            return load_reseal(app)
        case "custodian":
            return load_custodian()
        case _:
            return load_bare(product, world)


def load_reseal(app: Path) -> Handle:
    """The Lambda handler in the module `app`, called with batches of one message."""
    module = import_app(app)

    def handle(event: dict[str, Any]) -> None:
        answer = module.handler({"Records": [message_of(event)]}, Context())
        if answer["batchItemFailures"]:
            raise RuntimeError("Reseal returned the event to its queue")

    return handle


def import_app(app: Path) -> Any:
    """A function's module, by its file."""
    spec = importlib.util.spec_from_file_location("app", app)
    if spec is None or spec.loader is None:
        raise ImportError(f"{app} is not a module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load_custodian() -> Handle:
    """Cloud Custodian's entry point in Lambda; it reads its policy from the working directory."""
    from c7n import handler  # type: ignore[import-not-found]  # noqa: PLC0415  # an environment of its own

    logging.getLogger().addHandler(logging.StreamHandler(sys.stdout))  # as Lambda's runtime does

    def handle(event: dict[str, Any]) -> None:
        if not handler.dispatch_event(event, None):
            raise RuntimeError("Cloud Custodian did not accept the event")

    return handle


def load_bare(calls: str, world: World) -> Handle:
    """Only the calls, with warm clients and no other work."""
    import boto3  # noqa: PLC0415  # importing it is part of what is measured

    session = boto3.Session()
    s3 = session.client("s3")
    compliant: Any = configuration(world, COMPLIANT)
    if calls == SAME_CALLS:
        dynamodb = session.client("dynamodb")

    def handle(event: dict[str, Any]) -> None:
        s3.get_bucket_encryption(Bucket=BUCKET)
        if calls == GET:
            return
        if calls == SAME_CALLS:
            dynamodb.put_item(TableName=TABLE, Item=_item(event))
        s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration=compliant)
        if calls == SAME_CALLS:
            s3.get_bucket_encryption(Bucket=BUCKET)
            noted = {"id": {"S": f"bare-repaired#{BUCKET}"}}
            puts: list[Any] = [{"Put": {"TableName": TABLE, "Item": item}} for item in (_item(event), noted)]
            dynamodb.transact_write_items(TransactItems=puts)
            window = {"id": {"S": f"bare-window#{BUCKET}"}}
            dynamodb.get_item(TableName=TABLE, Key=window, ConsistentRead=True)
            dynamodb.put_item(TableName=TABLE, Item=_item(event) | window)

    return handle


def _item(event: dict[str, Any]) -> dict[str, Any]:
    return {"id": {"S": event["detail"]["eventID"]}, "entry": {"S": json.dumps(event)}}


def message_of(event: dict[str, Any]) -> dict[str, Any]:
    """The event as SQS hands it to a function."""
    return {
        "messageId": event["detail"]["eventID"],
        "receiptHandle": "handle",
        "body": json.dumps(event),
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "awsRegion": event["region"],
    }
