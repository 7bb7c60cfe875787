"""What tests and the demo use to start, drive and watch a local cloud, in their own environment."""
