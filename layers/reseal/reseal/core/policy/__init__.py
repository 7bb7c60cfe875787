"""What the operator requires, approves and exempts."""
