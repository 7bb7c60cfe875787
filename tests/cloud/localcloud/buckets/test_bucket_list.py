"""ListBuckets by Region and page by page, as the sweep asks for it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError


def listed(s3: Any, size: int) -> list[list[str]]:
    """The names on each page of this Region's buckets."""
    pages, further = [], {}
    while True:
        answer = s3.list_buckets(MaxBuckets=size, BucketRegion="us-east-1", **further)
        pages.append([bucket["Name"] for bucket in answer["Buckets"]])
        if "ContinuationToken" not in answer:
            return pages
        further = {"ContinuationToken": answer["ContinuationToken"]}


def test_buckets_of_the_region_come_page_by_page(s3: Any) -> None:
    made = [f"listed-{number}" for number in range(5)]
    for name in made:
        s3.create_bucket(Bucket=name)
    s3.create_bucket(Bucket="listed-elsewhere", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    pages = listed(s3, 2)

    names = [name for page in pages for name in page]
    assert all(len(page) <= 2 for page in pages)
    assert [name for name in names if name.startswith("listed-")] == made
    assert len(names) == len(set(names))


def test_region_that_is_not_the_endpoints_is_refused(s3: Any) -> None:
    with pytest.raises(ClientError, match="InvalidArgument"):
        s3.list_buckets(BucketRegion="eu-west-1")
