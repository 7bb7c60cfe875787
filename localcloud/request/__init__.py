"""One request: its caller, its operation, and the MiniStack code that is replaced to serve it."""
