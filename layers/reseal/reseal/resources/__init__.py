"""What buckets, objects and KMS keys do differently in the flow: read, judge, plan and write."""
