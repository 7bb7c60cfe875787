"""Step 4, guard: what stops a remediation that would do harm."""
