"""The Lambda runtime: settings, wiring, clock, log and metrics."""
