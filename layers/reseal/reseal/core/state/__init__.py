"""Step 2, observe: what S3 and KMS show, as values."""
