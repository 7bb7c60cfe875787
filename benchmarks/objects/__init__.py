"""The cost of an object write and what re-encryption keeps: Reseal and Cloud Custodian compared."""
