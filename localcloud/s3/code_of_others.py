"""CloudFormation and Lambda read templates and code for their caller, also from another account's bucket.

The bucket's policy must admit the caller then, as for every other read; MiniStack looks only into the
caller's own buckets.
"""

from collections.abc import Callable

from ministack.core import responses
from ministack.services import s3

from localcloud.request import anchors

Read = Callable[..., bytes | None]


def install() -> None:
    """Wrap the function with which MiniStack's services read an object."""
    anchors.replace("services.s3._get_object_data", _get_object_data)


def _get_object_data(original: Read, bucket: str, key: str, version_id: str | None = None) -> bytes | None:
    owner, caller = s3._bucket_owner_account(bucket), responses.get_account_id()
    if owner in {None, caller}:
        return original(bucket, key, version_id=version_id)
    if not s3._foreign_bucket_allows(owner, bucket, key, "GET", {}, caller):
        return None
    with responses.request_scope(owner, responses.get_region()):
        return original(bucket, key, version_id=version_id)
