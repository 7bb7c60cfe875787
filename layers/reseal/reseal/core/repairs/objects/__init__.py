"""Steps 3 to 5: how one object is re-encrypted, and which properties must be kept."""
