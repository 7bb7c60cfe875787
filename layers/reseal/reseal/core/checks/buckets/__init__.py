"""Step 3, decide: the checks of buckets."""
