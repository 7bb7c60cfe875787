"""Amazon S3: objects as they are stored and read."""
