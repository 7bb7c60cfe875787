"""What tests and the demo use to start, use and observe a local cloud, in their own environment."""
