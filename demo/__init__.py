"""The demo: users of an account change buckets and objects, and the demo shows how Reseal reacts."""
