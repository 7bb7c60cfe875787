"""Step 3, decide: who has access to a bucket and who can use a KMS key, from IAM policies and ACLs."""
