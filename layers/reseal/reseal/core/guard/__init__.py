"""Step 3: the access-impact guard. Who would be locked out if a bucket's new objects were under a KMS key?"""
