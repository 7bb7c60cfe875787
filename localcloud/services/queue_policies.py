"""EventBridge delivers to an SQS queue only if the queue's policy allows the rule.

An event that it cannot deliver goes to the target's dead-letter queue, if that queue's policy allows the
rule, with attributes that give the reason. Otherwise it is dropped: AWS shows that only as a metric, the
local cloud as a log line.
"""

import logging
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ministack.core import responses
from ministack.core.arn import parse_arn
from ministack.services import sqs

from localcloud.request import anchors

logger = logging.getLogger("localcloud.services.queue_policies")
EVENTBRIDGE = "events.amazonaws.com"
_DELIVERY: ContextVar[tuple[str, dict[str, Any]]] = ContextVar("localcloud_delivery", default=("", {}))


def install() -> None:
    """Wrap the delivery from a matched rule to its queue."""
    anchors.replace("services.eventbridge._invoke_target", _invoke_target)
    anchors.replace("services.eventbridge._dispatch_to_sqs", _dispatch_to_sqs)


def _invoke_target(
    original: Callable[..., None], target: dict[str, Any], event: dict[str, Any], rule: Any, view: Any = None
) -> None:
    _DELIVERY.set((rule["Arn"], target))
    original(target, event, rule, view)


def _dispatch_to_sqs(
    original: Callable[..., None], queue: Any, payload: str, parameters: dict[str, Any] | None = None
) -> None:
    rule, target = _DELIVERY.get()
    refusal = _refusal(str(queue), rule)
    if refusal is None:
        original(queue, payload, parameters)
        return
    dead_letter_queue = target.get("DeadLetterConfig", {}).get("Arn")
    if dead_letter_queue is None or _refusal(dead_letter_queue, rule):
        logger.warning("dropped an event: %s may not deliver to %s (%s)", rule, queue, refusal)
        return
    original(parse_arn(dead_letter_queue), payload)
    _annotate(
        dead_letter_queue,
        {
            "RULE_ARN": rule,
            "TARGET_ARN": str(queue),
            "ERROR_CODE": refusal,
            "ERROR_MESSAGE": f"{EVENTBRIDGE} cannot send to {queue}",
            "RETRY_ATTEMPTS": "0",
        },
    )


def _refusal(queue: str, rule: str) -> str | None:
    if sqs._queue_by_arn(queue) is None:
        return "NO_RESOURCE"
    if not sqs.queue_policy_allows(queue, EVENTBRIDGE, rule, responses.get_account_id()):
        return "NO_PERMISSIONS"
    return None


def _annotate(queue: str, attributes: dict[str, str]) -> None:
    """Give the message just sent the attributes that EventBridge gives to dead-letter messages."""
    message = sqs._queue_by_arn(queue)["messages"][-1]
    message["message_attributes"] = {
        name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
    }
    message["md5_attrs"] = sqs._md5_msg_attrs(message["message_attributes"])
