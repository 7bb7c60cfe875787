"""What a run will make, change and cost, in words, before it asks."""

from __future__ import annotations

from operations.verify_aws.answers import MEASUREMENTS
from operations.verify_aws.bench import Clients
from operations.verify_aws.remains import KINDS

_STACK = "with --stack"


def plan(clients: Clients, prefix: str, *, with_stack: bool) -> str:
    """Everything that will exist, what it costs, and what stays."""
    made = [
        f"  {kind.service:<14} {kind.made}\n  {'':<14} costs: {kind.cost}"
        for kind in KINDS
        if with_stack or not kind.made.startswith(_STACK)
    ]
    more = [f"  {measured.asks.extra_cost}" for measured in MEASUREMENTS if measured.asks.extra_cost]
    return "\n".join(
        [
            f"Account {clients.account}, Region {clients.region}, as {clients.caller}.",
            f"Use a sandbox account. Every name begins with {prefix}. It makes:",
            *made,
            "Also:",
            *more,
            f"One bucket, one rule and one queue are in {clients.other_region}. In all it costs less than",
            "USD 0.10 in an account with few other calls, and takes 10 to 40 minutes, because CloudTrail's",
            "records take their time. In the end everything is removed, also after a failure or Ctrl-C. What",
            "a killed run leaves, the next run finds by its prefix and removes.",
        ]
    )
