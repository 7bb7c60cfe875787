"""Amazon S3: copies, uploads in parts and changes of encryption."""
