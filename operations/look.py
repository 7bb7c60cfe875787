"""`python -m operations.look --stack reseal --bucket B [--key K]`: ask Reseal to check a resource now.

Puts one message on the stack's look queue. The check knows no API call and no caller: it judges, and in mode
enforce repairs, what is there. Its result is in the log of the lane's function, a violation is on the topic.
"""

from __future__ import annotations

import argparse
import sys
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from operations.messages import NotResealError
from operations.queues import Queues
from reseal.core.calls.look import Look
from reseal.core.calls.queue_message import look_body, own_message
from reseal.core.errors import MalformedEventError
from reseal.core.resource import BucketResource, KeyResource, ObjectResource, Resource

_LANES: dict[type[Resource], str] = {BucketResource: "Bucket", ObjectResource: "Object", KeyResource: "Key"}
"""For each kind of resource its lane's name in the outputs."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Returns 1 if the request could not be sent."""
    parser = argparse.ArgumentParser(
        prog="look", description="Ask Reseal to check a bucket, an object or a KMS key now."
    )
    parser.add_argument("--stack", default="reseal", help="the stack's name (default: %(default)s)")
    parser.add_argument("--region", help="the stack's Region (default: that of your AWS settings)")
    parser.add_argument("--bucket", default="", help="the bucket's name")
    parser.add_argument("--kms-key", default="", help="the ARN of a KMS key: check this key, and no bucket")
    parser.add_argument("--key", help="an object key: check this object instead of the bucket")
    parser.add_argument("--version-id", help="one version of the object (default: the current one)")
    options = parser.parse_args(arguments)
    try:
        resource = _resource(options.bucket, options.key, options.version_id, options.kms_key)
        look = Look(event_id=f"look-{uuid.uuid4()}", time=datetime.now(UTC), resource=resource)
        _send(Queues(boto3.Session(region_name=options.region)), options.stack, look)
    except (BotoCoreError, ClientError, NotResealError, MalformedEventError) as error:
        print(f"look: {error}", file=sys.stderr)
        return 1
    print(f"Asked Reseal to check {resource.in_words}. Event id in the log: {look.event_id}")
    return 0


def _resource(bucket: str, key: str | None, version_id: str | None, kms_key: str) -> Resource:
    if kms_key:
        return KeyResource(kms_key=kms_key)
    if not key:
        return BucketResource(bucket=bucket)
    return ObjectResource(bucket=bucket, object_key=key, version_id=version_id or None)


def _send(queues: Queues, stack: str, look: Look[Resource]) -> None:
    """Raises MalformedEventError if the lane would not accept the request."""
    body = look_body(look)
    own_message(body)
    output = f"{_LANES[type(look.resource)]}LookQueueUrl"
    url = queues.outputs(stack).get(output)
    if url is None:
        raise NotResealError(f"the stack has no output {output}: is it a Reseal stack with this lane on?")
    queues.send(url, body)
