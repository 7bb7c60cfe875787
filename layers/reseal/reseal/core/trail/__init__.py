"""Whether CloudTrail trails deliver the events that Reseal needs."""
