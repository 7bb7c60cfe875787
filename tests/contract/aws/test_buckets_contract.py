"""The contract of `Buckets`, for the fake and for the adapter on moto, the local cloud and LocalEmu."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reseal.core.errors import NotFoundError
from reseal.core.state.bucket_encryption import BucketEncryption
from tests.contract.worlds.services import BucketWorld

KEY = "arn:aws:kms:us-east-1:222233334444:key/0d9a4c1e-8f27-4b63-a5c0-71e2d3f4b5a6"
WRITTEN = [
    BucketEncryption(algorithm="AES256"),
    BucketEncryption(algorithm="aws:kms", key_id=KEY, bucket_key=True),
    BucketEncryption(algorithm="aws:kms", key_id=KEY),
    BucketEncryption(algorithm="aws:kms"),
    BucketEncryption(algorithm="aws:kms:dsse", key_id=KEY),
]


def test_new_bucket_is_under_sse_s3(bucket_world: BucketWorld) -> None:
    found = bucket_world.buckets.read_encryption(bucket_world.new_bucket())

    assert (found.algorithm, found.key_id, found.bucket_key) == ("AES256", None, False)


@pytest.mark.parametrize("encryption", WRITTEN, ids=lambda encryption: encryption.in_words)
def test_written_rule_is_read_back(bucket_world: BucketWorld, encryption: BucketEncryption) -> None:
    bucket = bucket_world.new_bucket()

    bucket_world.buckets.put_encryption(bucket, encryption)

    found = bucket_world.buckets.read_encryption(bucket)
    assert replace(found, blocked=None).equals(encryption)  # which block list it has then: E5


# not None: whether that keeps the bucket's list is UNCONFIRMED (E5)
@pytest.mark.parametrize("blocked", [("SSE-C",), ("NONE",)], ids=str)
# without moto, which drops block lists
@pytest.mark.parametrize("backend", ["fake", "local cloud", "LocalEmu"], indirect=True)
def test_block_list_is_read_back_as_written(bucket_world: BucketWorld, blocked: tuple[str, ...]) -> None:
    bucket = bucket_world.new_bucket()
    encryption = BucketEncryption(algorithm="aws:kms", key_id=KEY, blocked=blocked)

    bucket_world.buckets.put_encryption(bucket, encryption)

    assert bucket_world.buckets.read_encryption(bucket) == encryption


def test_write_replaces_the_whole_rule(bucket_world: BucketWorld) -> None:
    bucket = bucket_world.new_bucket()
    bucket_world.buckets.put_encryption(
        bucket, BucketEncryption(algorithm="aws:kms", key_id=KEY, bucket_key=True)
    )

    bucket_world.buckets.put_encryption(bucket, BucketEncryption(algorithm="AES256"))

    found = bucket_world.buckets.read_encryption(bucket)
    assert (found.algorithm, found.key_id, found.bucket_key) == ("AES256", None, False)


@pytest.mark.parametrize(
    "name",
    ["alias/payroll", "0d9a4c1e-8f27-4b63-a5c0-71e2d3f4b5a6"],
    ids=["alias", "bare id"],
)
def test_key_is_read_back_in_its_written_notation(bucket_world: BucketWorld, name: str) -> None:
    bucket = bucket_world.new_bucket()

    bucket_world.buckets.put_encryption(bucket, BucketEncryption(algorithm="aws:kms", key_id=name))

    assert bucket_world.buckets.read_encryption(bucket).key_id == name


def test_creation_date_is_that_of_the_bucket_and_not_of_one_whose_name_starts_alike(
    bucket_world: BucketWorld,
) -> None:
    before = bucket_world.now()
    bucket = bucket_world.new_bucket()

    created = bucket_world.buckets.read_created(bucket)

    assert created is not None
    assert abs(created - before) < timedelta(minutes=1)
    assert bucket_world.buckets.read_created(bucket[:-1]) is None


def test_bucket_that_is_not_listed_has_no_creation_date(bucket_world: BucketWorld) -> None:
    assert bucket_world.buckets.read_created("no-such-bucket-of-ours") is None


def test_reading_a_bucket_that_never_existed_raises_not_found(bucket_world: BucketWorld) -> None:
    with pytest.raises(NotFoundError):
        bucket_world.buckets.read_encryption("no-such-bucket-of-ours")


def test_reading_a_deleted_bucket_raises_not_found(bucket_world: BucketWorld) -> None:
    bucket = bucket_world.new_bucket()
    bucket_world.delete_bucket(bucket)

    with pytest.raises(NotFoundError) as refused:
        bucket_world.buckets.read_encryption(bucket)

    assert refused.value.action == "s3:GetEncryptionConfiguration"


def test_writing_a_deleted_bucket_raises_not_found(bucket_world: BucketWorld) -> None:
    bucket = bucket_world.new_bucket()
    bucket_world.delete_bucket(bucket)

    with pytest.raises(NotFoundError) as refused:
        bucket_world.buckets.put_encryption(bucket, BucketEncryption(algorithm="AES256"))

    assert refused.value.action == "s3:PutEncryptionConfiguration"
