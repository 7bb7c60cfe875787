"""What CloudTrail records."""

from operations.verify_aws.measurement import Reading
from operations.verify_aws.trail import bucket_readings, key_readings, object_readings

READINGS: tuple[Reading, ...] = (
    *bucket_readings.READINGS,
    *object_readings.READINGS,
    *key_readings.READINGS,
)
