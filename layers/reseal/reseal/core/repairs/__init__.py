"""Steps 5 and 6, record and act: the write to make, its ledger entry, and the way back."""
