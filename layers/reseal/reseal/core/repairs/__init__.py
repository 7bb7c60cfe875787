"""Steps 3 to 6: the write to make, its ledger entry, and the command that undoes it."""
