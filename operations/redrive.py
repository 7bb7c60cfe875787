"""`python -m operations.redrive --stack reseal [--yes]`: redrive dead-letter messages to their queues.

Shows how many messages wait, since when and why; sends nothing without --yes. A message that a lane's
function failed to process returns to that lane's queue. An event that EventBridge could not deliver is
sent to its target queue. A message may be sent twice: Reseal acts on the current state of the resource.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from operations.messages import (
    DeadLetterMessage,
    Lane,
    NotResealError,
    lanes_of,
    oldest_of,
    targets_of,
    undelivered_of,
)
from operations.queues import HOLD_SECONDS, MOST_AT_ONCE, Queues


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageGroup:
    """Messages of one queue with one destination; `destination_url` is None if it is not in the stack."""

    title: str
    source_url: str
    destination_url: str | None
    messages: tuple[DeadLetterMessage, ...]
    cause: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Returns 1 if a waiting message could not be sent, else 0."""
    parser = argparse.ArgumentParser(
        prog="redrive", description="Redrive dead-letter messages to their queues."
    )
    parser.add_argument("--stack", default="reseal", help="the stack's name (default: %(default)s)")
    parser.add_argument("--region", help="the stack's Region (default: that of your AWS settings)")
    parser.add_argument("--yes", action="store_true", help="send; without it, only show the messages")
    options = parser.parse_args(arguments)
    queues = None
    try:
        queues = Queues(boto3.Session(region_name=options.region))
        return _redrive(queues, options.stack, yes=options.yes)
    except (BotoCoreError, ClientError, NotResealError) as error:
        print(f"redrive: {error}", file=sys.stderr)
        print(_left_behind(queues.received if queues else 0), file=sys.stderr)
        return 1


def _left_behind(received: int) -> str:
    if not received:
        return "No message was received, so nothing changed."
    return f"Messages that were received and not sent are visible again in {HOLD_SECONDS} s."


def _redrive(queues: Queues, stack: str, *, yes: bool) -> int:
    outputs = queues.outputs(stack)
    lanes = lanes_of(outputs)
    groups = [group for lane in lanes if (group := _dead_letters(queues, lane))]
    groups += _undelivered(queues, targets_of(outputs), undelivered_of(outputs))
    for group in groups:
        _show(group)
    sent = sum(_send(queues, group) if yes else _put_back(queues, group) for group in groups)
    waiting = sum(len(group.messages) for group in groups)
    print(_summary(waiting, sent, yes=yes))
    return 1 if yes and sent < waiting else 0


def _dead_letters(queues: Queues, lane: Lane) -> MessageGroup | None:
    messages = queues.take(lane.dead_letter_queue_url)
    if not messages:
        return None
    return MessageGroup(
        title=f"Dead-letter messages of the {lane.name} lane",
        source_url=lane.dead_letter_queue_url,
        destination_url=lane.queue_url,
        messages=messages,
        cause=queues.cause(lane, oldest_of(messages)) or "not in the function's log",
    )


def _undelivered(queues: Queues, lanes: Sequence[Lane], source_url: str) -> list[MessageGroup]:
    lane_by_arn = {queues.arn(lane.queue_url): lane for lane in lanes}
    groups: dict[str | None, list[DeadLetterMessage]] = {}
    for message in queues.take(source_url):
        groups.setdefault(message.target if message.target in lane_by_arn else None, []).append(message)
    return [
        MessageGroup(
            title=f"Undelivered events for {_target_in_words(lane_by_arn, arn)}",
            source_url=source_url,
            destination_url=lane_by_arn[arn].queue_url if arn else None,
            messages=tuple(messages),
            cause=oldest_of(messages).refusal or "EventBridge gave no reason",
        )
        for arn, messages in groups.items()
    ]


def _target_in_words(lane_by_arn: Mapping[str, Lane], arn: str | None) -> str:
    return f"the {lane_by_arn[arn].name} lane" if arn else "no queue of this stack"


def _show(group: MessageGroup) -> None:
    more = " or more: run again afterwards" if len(group.messages) >= MOST_AT_ONCE else ""
    print(group.title)
    print(f"  waiting {len(group.messages)}{more}")
    print(f"  oldest  {oldest_of(group.messages).sent_at:%Y-%m-%d %H:%M:%S} UTC")
    print(f"  cause   {group.cause}")
    print(f"  goes to {group.destination_url or 'no queue: read it, then delete it manually'}")


def _send(queues: Queues, group: MessageGroup) -> int:
    """Returns how many were sent. The first failure ends the run; the rest stay in the dead-letter queue."""
    if group.destination_url is None:
        return _put_back(queues, group)
    for message in group.messages:
        queues.redrive(message, source_url=group.source_url, destination_url=group.destination_url)
    return len(group.messages)


def _put_back(queues: Queues, group: MessageGroup) -> int:
    for message in group.messages:
        queues.put_back(group.source_url, message)
    return 0


def _summary(waiting: int, sent: int, *, yes: bool) -> str:
    if not waiting:
        return "No messages are waiting."
    if not yes:
        return f"{waiting} waiting, nothing sent. Correct the cause, then run again with --yes."
    return f"{sent} of {waiting} sent."


if __name__ == "__main__":
    sys.exit(main())
