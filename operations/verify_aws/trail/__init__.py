"""What CloudTrail records of calls, as EventBridge delivers it."""
