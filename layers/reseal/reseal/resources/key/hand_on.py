"""Step 5: ask the bucket lane who lost access, when the policy of a key was replaced."""

from __future__ import annotations

from collections.abc import Callable

from reseal.core.calls.look import Look
from reseal.core.checks.keys.key_policy import CHANGES_POLICY, MOST_LOOKS
from reseal.core.resource import BucketResource
from reseal.ports import Looks
from reseal.resources.key.kind import KeyJudged


def buckets_to(looks: Looks) -> Callable[[KeyJudged], None]:
    """What asks about the buckets that are known to use the key; it raises TransientError.

    Their readers and writers are judged with the bucket (`S3.BucketKeyAccess`). A look accuses nobody.
    """

    def hand_on(judged: KeyJudged) -> None:
        call = judged.trigger
        if isinstance(call, Look) or call.name != CHANGES_POLICY:
            return
        for bucket in judged.observed.buckets[:MOST_LOOKS]:
            looks.ask(Look(event_id=call.event_id, time=call.time, resource=BucketResource(bucket=bucket)))

    return hand_on
