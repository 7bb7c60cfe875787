"""The sweep, pure: how far it is, how fast it may go, what it found, and its report."""
