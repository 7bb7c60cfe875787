"""What the write of an object costs and what re-encrypting it keeps: Reseal beside Cloud Custodian."""
