"""Step 7, report: findings, messages and alerts."""
