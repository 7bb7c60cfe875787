"""`make verify-aws`: measures in a sandbox account what Reseal takes for granted about AWS."""
