"""What the ledger's table answers when it refuses a call."""

TABLE_REFUSES = [
    "ProvisionedThroughputExceededException",
    "ResourceNotFoundException",
    "AccessDeniedException",
]
