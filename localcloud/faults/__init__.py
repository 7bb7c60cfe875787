"""Faults that a test injects, and the answers they give."""
