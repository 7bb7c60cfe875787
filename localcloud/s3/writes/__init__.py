"""Amazon S3: copies, multipart uploads and changes of encryption."""
