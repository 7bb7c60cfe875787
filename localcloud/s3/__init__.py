"""Amazon S3: buckets, and what every object operation shares."""
