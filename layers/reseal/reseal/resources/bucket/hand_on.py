"""Step 5: ask the policy lane for the writes of bucket policies, which this lane may not make."""

from __future__ import annotations

from collections.abc import Callable

from reseal.core.calls.look import Look
from reseal.ports import Looks
from reseal.resources.bucket.kind import BucketJudged


def policies_to(looks: Looks) -> Callable[[BucketJudged], None]:
    """What asks that lane; the request has the trigger's id and time. It raises TransientError."""

    def hand_on(judged: BucketJudged) -> None:
        call = judged.trigger
        if judged.handed:
            looks.ask(Look(event_id=call.event_id, time=call.time, resource=call.resource))

    return hand_on
