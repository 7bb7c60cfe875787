"""Trail coverage: whether CloudTrail trails deliver the events that Reseal needs."""
