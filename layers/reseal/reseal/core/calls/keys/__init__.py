"""Step 1, parse: messages about KMS keys."""
