"""Step 6, report: what a finding looks like: JSON, e-mail, shell commands."""
