"""One request: who makes it, what it calls, what may stand in for MiniStack's code."""
