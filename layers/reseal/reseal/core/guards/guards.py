"""Step 3, decide: the guards in their order, the same for every kind of resource."""

from __future__ import annotations

from collections.abc import Callable

from reseal.core.checks.catalogue import Decisions
from reseal.core.guards.access_impact import guard_access
from reseal.core.guards.denied_write import guard_own_write
from reseal.core.guards.encryption_context import guard_context
from reseal.core.guards.guarded import Guarded, Reads
from reseal.core.guards.remediation_key import guard_remediation_key
from reseal.core.guards.tls_impact import guard_tls
from reseal.core.policy.requirements import Requirements

Guard = Callable[[Requirements, Guarded, Reads, Decisions], Decisions]
"""Gives the same decisions, some remediations replaced by manual findings."""

GUARDS: tuple[Guard, ...] = (guard_remediation_key, guard_access, guard_own_write, guard_context, guard_tls)


def guard(requirements: Requirements, guarded: Guarded, reads: Reads, decisions: Decisions) -> Decisions:
    """The decisions, with a manual finding instead of each remediation that would do harm."""
    for one in GUARDS:
        decisions = one(requirements, guarded, reads, decisions)
    return decisions
