"""What AWS answers at once."""

from operations.verify_aws.answers import buckets, copies, events, keys, objects, policies, updates, uploads
from operations.verify_aws.measurement import Measurement

MEASUREMENTS: tuple[Measurement, ...] = (
    *buckets.MEASUREMENTS,
    *objects.MEASUREMENTS,
    *copies.MEASUREMENTS,
    *uploads.MEASUREMENTS,
    *updates.MEASUREMENTS,
    *keys.MEASUREMENTS,
    *policies.MEASUREMENTS,
    *events.MEASUREMENTS,
)
