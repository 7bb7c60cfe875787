"""Step 1, value: what makes a lane check a resource."""

from __future__ import annotations

from reseal.core.calls.bucket_call import BucketCall
from reseal.core.calls.call import Call
from reseal.core.calls.look import Look
from reseal.core.calls.object_call import ObjectCall
from reseal.core.resource import BucketResource, ObjectResource, Resource

BucketTrigger = BucketCall | Look[BucketResource]
ObjectTrigger = ObjectCall | Look[ObjectResource]
Trigger = Call | Look[Resource]
