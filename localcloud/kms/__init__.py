"""AWS KMS: keys, their policies, and their use through other services."""
