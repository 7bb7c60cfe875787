"""Steps 1 to 3 of the object lane: the call, the object as it is found, and how it can be re-encrypted."""
