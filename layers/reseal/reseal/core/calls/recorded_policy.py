"""Step 1, parse: the bucket policy that a CloudTrail record shows."""

from __future__ import annotations

import json
from collections.abc import Mapping

from reseal.core.calls.cloudtrail_record import Record, child_of
from reseal.core.state.bucket_policy import BucketPolicy


def recorded_policy(record: Record) -> BucketPolicy | None:
    """The policy that a PutBucketPolicy or DeleteBucketPolicy left; None if the record does not show it.

    CloudTrail writes the policy as an object, and omits parameters above 100 KB (A12).
    """
    if record.get("eventName") == "DeleteBucketPolicy":
        return BucketPolicy()
    policy = child_of(record, "requestParameters").get("bucketPolicy")
    if isinstance(policy, Mapping):
        return BucketPolicy(json.dumps(policy))
    return BucketPolicy(policy) if isinstance(policy, str) else None
