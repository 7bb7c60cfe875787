"""How one object is re-encrypted, and what must survive it."""
