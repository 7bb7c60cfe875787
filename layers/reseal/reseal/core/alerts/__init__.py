"""Step 6, report: alert windows, and the summaries of what they counted."""
