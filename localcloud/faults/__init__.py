"""Faults that a test injects, and their error responses."""
