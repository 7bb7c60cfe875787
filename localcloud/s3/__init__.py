"""Amazon S3: buckets, and the parts that all object operations share."""
