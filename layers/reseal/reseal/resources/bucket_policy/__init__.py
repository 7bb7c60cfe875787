"""The policy lane: the only one that writes bucket policies. The bucket lane hands buckets to it."""
