"""A rule delivers to a queue only if the queue's policy admits it."""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

MakeQueue = Callable[[], Any]


@pytest.fixture
def rule(events: Any) -> Iterator[tuple[str, str]]:
    """A rule for events of its own source: its name, which is also the source, and its ARN."""
    name = f"rule-{uuid.uuid4().hex[:8]}"
    yield name, events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))["RuleArn"]
    events.remove_targets(Rule=name, Ids=["queue"])
    events.delete_rule(Name=name)


def send(events: Any, rule: tuple[str, str], target: dict[str, Any]) -> None:
    events.put_targets(Rule=rule[0], Targets=[{"Id": "queue", **target}])
    events.put_events(Entries=[{"Source": rule[0], "DetailType": "test", "Detail": '{"n": 1}'}])


def test_admitted_rule_delivers(events: Any, rule: tuple[str, str], make_queue: MakeQueue) -> None:
    queue = make_queue()
    queue.admit("events.amazonaws.com", rule[1])

    send(events, rule, {"Arn": queue.arn})

    assert [event["detail"] for event in queue.receive_json()] == [{"n": 1}]


@pytest.mark.parametrize(
    "admitted",
    [None, ("sns.amazonaws.com", ""), ("events.amazonaws.com", "-other")],
    ids=["no policy", "another service", "another rule"],
)
def test_undeliverable_event_is_sent_to_the_dead_letter_queue(
    events: Any, rule: tuple[str, str], make_queue: MakeQueue, admitted: tuple[str, str] | None
) -> None:
    queue, dead_letters = make_queue(), make_queue()
    dead_letters.admit("events.amazonaws.com", rule[1])
    if admitted:
        queue.admit(admitted[0], rule[1] + admitted[1])

    send(events, rule, {"Arn": queue.arn, "DeadLetterConfig": {"Arn": dead_letters.arn}})

    (message,) = dead_letters.receive()
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert queue.receive(within=0.1) == []
    assert json.loads(message["Body"])["detail"] == {"n": 1}
    assert (attributes["RULE_ARN"], attributes["TARGET_ARN"], attributes["ERROR_CODE"]) == (
        rule[1],
        queue.arn,
        "NO_PERMISSIONS",
    )


def test_event_is_dropped_when_both_queues_are_closed(
    events: Any, rule: tuple[str, str], make_queue: MakeQueue
) -> None:
    queue, dead_letters = make_queue(), make_queue()

    send(events, rule, {"Arn": queue.arn, "DeadLetterConfig": {"Arn": dead_letters.arn}})

    assert queue.receive(within=0.1) == dead_letters.receive(within=0.1) == []
