"""`python -m operations.sweep --stack reseal`: begin a sweep over every bucket of the stack's Region now."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from operations.messages import NotResealError
from operations.queues import Queues

BEGIN = '{"reseal": "sweep"}'
"""The message of the schedule."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Returns 1 if the request could not be sent."""
    parser = argparse.ArgumentParser(prog="sweep", description="Let Reseal check every bucket now.")
    parser.add_argument("--stack", default="reseal", help="the stack's name (default: %(default)s)")
    parser.add_argument("--region", help="the stack's Region (default: that of your AWS settings)")
    options = parser.parse_args(arguments)
    try:
        bucket = _begin(Queues(boto3.Session(region_name=options.region)), options.stack)
    except (BotoCoreError, ClientError, NotResealError) as error:
        print(f"sweep: {error}", file=sys.stderr)
        return 1
    print(f"Asked Reseal to check every bucket. Its report will be in s3://{bucket}/sweeps/")
    return 0


def _begin(queues: Queues, stack: str) -> str:
    """Begin a sweep; returns the bucket of its report."""
    outputs = queues.outputs(stack)
    if "SweepQueueUrl" not in outputs:
        raise NotResealError("the stack has no output SweepQueueUrl: is it a Reseal stack?")
    queues.send(outputs["SweepQueueUrl"], BEGIN)
    return outputs["ReportBucketName"]


if __name__ == "__main__":
    sys.exit(main())
