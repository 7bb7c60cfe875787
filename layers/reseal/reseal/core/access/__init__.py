"""Who can reach a bucket, and who can use a key: the analysis of IAM policies and ACLs."""
