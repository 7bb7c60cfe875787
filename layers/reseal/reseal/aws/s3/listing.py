"""Amazon S3: the list of the account's buckets in one Region, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from reseal.aws.errors import translated

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LIST = "s3:ListAllMyBuckets"


class S3BucketList:
    """`BucketList` on Amazon S3."""

    def __init__(self, client: S3Client, region: str) -> None:
        self._client, self._region = client, region

    def page(self, token: str | None, size: int) -> tuple[Sequence[str], str | None]:
        """The next buckets of this Region. Accounts with many buckets are refused a list without pages."""
        further: dict[str, Any] = {"ContinuationToken": token} if token else {}
        with translated(LIST):
            answer = self._client.list_buckets(MaxBuckets=size, BucketRegion=self._region, **further)
        return [bucket["Name"] for bucket in answer["Buckets"]], answer.get("ContinuationToken")
