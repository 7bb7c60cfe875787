"""Amazon S3: write the sweeps' reports. The bucket encrypts them by its default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reseal.aws.errors import translated
from reseal.core.errors import RefusalError, TransientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

WRITE = "s3:PutObject"


class S3Reports:
    """`Reports` in one bucket of this account."""

    def __init__(self, client: S3Client, bucket: str, account: str) -> None:
        self._client, self._bucket, self._account = client, bucket, account

    def write(self, name: str, text: str, content_type: str) -> None:
        """Write one file. Raises TransientError, also if S3 refuses: the report must not be lost."""
        try:
            with translated(WRITE):
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=name,
                    Body=text.encode(),
                    ContentType=content_type,
                    ExpectedBucketOwner=self._account,
                )
        except RefusalError as refusal:
            raise TransientError(f"the report bucket refused the report: {refusal}") from refusal

    def place(self, name: str) -> str:
        """The address of a file."""
        return f"s3://{self._bucket}/{name}"
