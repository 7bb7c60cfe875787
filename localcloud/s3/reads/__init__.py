"""Amazon S3: requests that read, and what they show."""
