"""`python -m operations.resend --stack reseal [--yes]`: send every dead letter to where it belongs.

Shows what waits, since when and why; sends nothing without --yes. Each kind has one way back: what
a lane's function gave up goes to that lane's queue, and what EventBridge could not deliver to the
queue it was meant for. What is sent twice is handled once: Reseal acts on what a bucket is now.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from operations.letters import Lane, Letter, NotResealError, lanes_of, oldest_of, undelivered_of
from operations.mailbox import HOLD_SECONDS, MOST_AT_ONCE, Mailbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Pile:
    """The letters of one queue that share a destination; None where no queue of the stack is theirs."""

    title: str
    source_url: str
    destination_url: str | None
    letters: tuple[Letter, ...]
    cause: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 unless something that waits could not be sent."""
    parser = argparse.ArgumentParser(prog="resend", description="Send dead letters to where they belong.")
    parser.add_argument("--stack", default="reseal", help="the stack's name (default: %(default)s)")
    parser.add_argument("--region", help="the stack's Region (default: that of your AWS settings)")
    parser.add_argument("--yes", action="store_true", help="send; without it, only show what waits")
    options = parser.parse_args(arguments)
    try:
        mailbox = Mailbox(boto3.Session(region_name=options.region))
        return _resend(mailbox, options.stack, yes=options.yes)
    except (BotoCoreError, ClientError, NotResealError) as error:
        print(f"resend: {error}", file=sys.stderr)
        print(f"What was taken and not sent is back in its queue in {HOLD_SECONDS} s.", file=sys.stderr)
        return 1


def _resend(mailbox: Mailbox, stack: str, *, yes: bool) -> int:
    outputs = mailbox.outputs(stack)
    lanes = lanes_of(outputs)
    piles = [pile for lane in lanes if (pile := _dead_letters(mailbox, lane))]
    piles += _undelivered(mailbox, lanes, undelivered_of(outputs))
    for pile in piles:
        _show(pile)
    sent = sum(_send(mailbox, pile) if yes else _put_back(mailbox, pile) for pile in piles)
    waiting = sum(len(pile.letters) for pile in piles)
    print(_summary(waiting, sent, yes=yes))
    return 1 if yes and sent < waiting else 0


def _dead_letters(mailbox: Mailbox, lane: Lane) -> Pile | None:
    letters = mailbox.take(lane.dead_letters_url)
    if not letters:
        return None
    return Pile(
        title=f"Dead letters of the {lane.name} lane",
        source_url=lane.dead_letters_url,
        destination_url=lane.queue_url,
        letters=letters,
        cause=mailbox.cause(lane, oldest_of(letters)) or "the function's log says nothing of it",
    )


def _undelivered(mailbox: Mailbox, lanes: Sequence[Lane], source_url: str) -> list[Pile]:
    queues = {mailbox.arn(lane.queue_url): lane for lane in lanes}
    piles: dict[str | None, list[Letter]] = {}
    for letter in mailbox.take(source_url):
        piles.setdefault(letter.target if letter.target in queues else None, []).append(letter)
    return [
        Pile(
            title=f"Undelivered events, meant for {_meant_for(queues, arn)}",
            source_url=source_url,
            destination_url=queues[arn].queue_url if arn else None,
            letters=tuple(letters),
            cause=oldest_of(letters).refusal or "EventBridge gave no reason",
        )
        for arn, letters in piles.items()
    ]


def _meant_for(queues: Mapping[str, Lane], arn: str | None) -> str:
    return f"the {queues[arn].name} lane" if arn else "no queue of this stack"


def _show(pile: Pile) -> None:
    more = ", and perhaps more: run again afterwards" if len(pile.letters) >= MOST_AT_ONCE else ""
    print(pile.title)
    print(f"  waiting {len(pile.letters)}{more}")
    print(f"  oldest  {oldest_of(pile.letters).sent_at:%Y-%m-%d %H:%M:%S} UTC")
    print(f"  cause   {pile.cause}")
    print(f"  goes to {pile.destination_url or 'nowhere: look at it, and delete it by hand'}")


def _send(mailbox: Mailbox, pile: Pile) -> int:
    """How many were sent on. The first that fails ends the run, with the rest untouched."""
    if pile.destination_url is None:
        return _put_back(mailbox, pile)
    for letter in pile.letters:
        mailbox.send_on(letter, source_url=pile.source_url, destination_url=pile.destination_url)
    return len(pile.letters)


def _put_back(mailbox: Mailbox, pile: Pile) -> int:
    for letter in pile.letters:
        mailbox.put_back(pile.source_url, letter)
    return 0


def _summary(waiting: int, sent: int, *, yes: bool) -> str:
    if not waiting:
        return "Nothing waits."
    if not yes:
        return f"{waiting} waiting, nothing sent. Remove the cause, then run again with --yes."
    return f"{sent} of {waiting} sent."


if __name__ == "__main__":
    sys.exit(main())
