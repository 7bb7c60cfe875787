"""Which facts of docs/aws-facts.md are measured, and why others are not."""

from __future__ import annotations

from collections.abc import Mapping

from operations.verify_aws.answers import MEASUREMENTS
from operations.verify_aws.trail.readings import READINGS

EXPECTATIONS = (*(one.asks for one in MEASUREMENTS), *(one.asks for one in READINGS))
"""Everything that is asked, in the order of the report."""

MEASURED = frozenset(asks.fact for asks in EXPECTATIONS)
"""The numbers of the facts that the command measures, at least in part."""

NOT_MEASURED: Mapping[str, str] = {
    "A29": "no service that this command uses calls S3 under its own identity",
    "E16": "an FSx file system costs more than all other measurements",
    "E17": "load balancers and data warehouses cost more than all other measurements",
    "E19": "it is about tools, not about AWS",
    "F5": "it needs a second account",
    "F21": "it needs a second account",
    "H19": "it needs a deployed function with code of its own",
}
"""Facts that are unconfirmed, inferred or recorded by others, and not measured: why."""
