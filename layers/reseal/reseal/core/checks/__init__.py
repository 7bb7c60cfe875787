"""Step 3, decide: one module a check, and the catalogue of all checks."""
