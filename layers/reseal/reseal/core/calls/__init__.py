"""Step 1, parse: the API call that a message tells of."""
