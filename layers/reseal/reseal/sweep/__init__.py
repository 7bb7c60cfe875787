"""The sweep: looks at every bucket of the Region and at the keys that they name."""
