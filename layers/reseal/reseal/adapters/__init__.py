"""The effects: the only modules that touch boto3, the clock, the environment or standard output."""
