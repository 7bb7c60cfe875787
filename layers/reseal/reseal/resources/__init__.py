"""What buckets and objects do differently in the flow: read, judge, plan and write."""
