"""Step 3, decide: who can reach a bucket over plain HTTP and over TLS."""
