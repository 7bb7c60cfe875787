"""Step 3, decide: the guards that stop a remediation that would do harm."""
