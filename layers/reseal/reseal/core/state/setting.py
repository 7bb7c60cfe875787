"""Step 2, values: settings. A setting is what one AWS call replaces on a resource."""

from __future__ import annotations

BUCKET_ENCRYPTION = "PutBucketEncryption"
"""The default encryption of a bucket; the call that replaces it."""

OBJECT_ENCRYPTION = "ObjectEncryption"
"""The encryption of an object. Three calls replace it: CopyObject, UploadPartCopy, UpdateObjectEncryption."""
