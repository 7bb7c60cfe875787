"""Step 1, parse: the API call in a message."""
