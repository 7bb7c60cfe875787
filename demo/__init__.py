"""The demo: people of an account act on their buckets, and what Reseal does about it is shown."""
