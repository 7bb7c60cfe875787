"""Step 3, decide: the checks of KMS keys."""
