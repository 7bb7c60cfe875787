"""The cost of an event and what re-encryption keeps: Reseal and Cloud Custodian compared (`make bench`)."""
