"""Amazon DynamoDB: the ledger and what else is kept in its table."""
