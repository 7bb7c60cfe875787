"""ACLs, and their refusal if the bucket's ownership setting disables them."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

ALL_USERS = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
Write = Callable[..., None]


def put(s3: Any, bucket: str, **acl: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", **acl)


def copy(s3: Any, bucket: str, **acl: str) -> None:
    s3.put_object(Bucket=bucket, Key="source", Body=b"x")
    s3.copy_object(Bucket=bucket, Key="k", CopySource={"Bucket": bucket, "Key": "source"}, **acl)


def begin(s3: Any, bucket: str, **acl: str) -> None:
    s3.create_multipart_upload(Bucket=bucket, Key="k", **acl)


def set_acl(s3: Any, bucket: str, **acl: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.put_object_acl(Bucket=bucket, Key="k", **acl)


@pytest.mark.parametrize("write", [put, copy, begin, set_acl])
@pytest.mark.parametrize("acl", [{"ACL": "public-read"}, {"GrantRead": ALL_USERS}], ids=["canned", "grant"])
def test_acl_is_refused_if_the_bucket_owner_is_enforced(
    s3: Any, bucket: str, write: Write, acl: dict[str, str]
) -> None:
    with pytest.raises(ClientError, match="AccessControlListNotSupported"):
        write(s3, bucket, **acl)


@pytest.mark.parametrize("write", [put, copy, begin])
def test_acl_with_full_control_for_the_owner_is_always_accepted(s3: Any, bucket: str, write: Write) -> None:
    write(s3, bucket, ACL="bucket-owner-full-control")


@pytest.mark.parametrize("write", [put, copy, set_acl])
@pytest.mark.parametrize("acl", [{"ACL": "public-read"}, {"GrantRead": ALL_USERS}], ids=["canned", "grant"])
def test_acl_can_be_read_back(s3: Any, acl_bucket: str, write: Write, acl: dict[str, str]) -> None:
    write(s3, acl_bucket, **acl)

    last = s3.get_object_acl(Bucket=acl_bucket, Key="k")["Grants"][-1]
    assert (last["Permission"], last["Grantee"]["Type"]) == ("READ", "Group")


@pytest.mark.parametrize("write", [put, copy, begin, set_acl])
def test_public_acl_is_refused_if_the_bucket_blocks_it(s3: Any, acl_bucket: str, write: Write) -> None:
    s3.put_public_access_block(Bucket=acl_bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True})

    with pytest.raises(ClientError, match="AccessDenied"):
        write(s3, acl_bucket, ACL="public-read")
