"""What buckets do differently in the flow: observe and write."""
