"""Amazon DynamoDB: the ledger and the alert windows."""
