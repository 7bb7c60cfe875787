"""Step 6, report: findings, messages and alerts."""
