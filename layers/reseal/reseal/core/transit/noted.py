"""Step 1, values: what Reseal noted of a bucket: plain HTTP, its tools, and its own writes of the policy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from reseal.core.text.quoted import named

KEPT = timedelta(days=90)
"""How long a call over plain HTTP keeps Reseal from denying it."""

LONGEST_WRITE = timedelta(seconds=105)
"""How long after its last read a policy can be written: the lease of the policy lane's ledger entries."""

INFRASTRUCTURE_AS_CODE = frozenset(
    {"ACK", "Ansible", "CDK", "CloudFormation", "Crossplane", "OpenTofu", "Pulumi", "SAM CLI", "Terraform"}
)
"""Tools that own what they define: they take out what somebody else added."""

BY_HAND = frozenset({"AWS CLI", "SDK", "console"})
"""Tools that define nothing. Every other tool may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainHttpCall:
    """One call on a bucket or an object that arrived over plain HTTP: who made it, which, and when."""

    who: str
    name: str
    time: datetime

    @property
    def in_words(self) -> str:
        """The call, for people."""
        return f"{self.name} by {named(self.who)} at {self.time.isoformat()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedBucket:
    """What Reseal noted of one bucket. The calls that it receives are writes, and not all of them.

    `creator` is the tool that created the bucket, None if that is not known. `manager` is a tool of
    infrastructure as code that created the bucket or set its policy. `last` is the latest call over plain
    HTTP, and `count` the number of those calls so far, at least.
    """

    creator: str | None = None
    manager: str | None = None
    last: PlainHttpCall | None = None
    count: int = 0

    def plain_http(self, now: datetime) -> str | None:
        """The use of plain HTTP in words; None if there was none for ninety days."""
        if self.last is None or now - self.last.time > KEPT:
            return None
        calls = "1 call" if self.count == 1 else f"at least {self.count} calls, the last"
        return f"{calls} {self.last.in_words}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedWrite:
    """A write of a bucket policy that Reseal was about to make, noted before its last read.

    `entry_id` names its ledger entry. Reseal read the policy at `read_at` or later, with the fingerprint
    `before`.
    """

    entry_id: str
    read_at: datetime
    before: str
