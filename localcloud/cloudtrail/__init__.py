"""AWS CloudTrail: trails and the records that they deliver."""
