"""Text that others chose, as Reseal shows it."""
