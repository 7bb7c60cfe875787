"""How the two lanes differ in the fault tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.support.deployment import Deployment


@dataclass(frozen=True, slots=True)
class Lane:
    """`name` is part of the lane's outputs and role. `begin` starts the lane's work on a new bucket.

    `first_call` is the first AWS call of its flow; `writes` are the calls that repair.
    """

    name: str
    begin: Callable[[Deployment, str], None]
    first_call: str
    writes: tuple[str, ...]

    @property
    def role(self) -> str:
        return f"*assumed-role/*Enforce{self.name}Role*"


def _create(stack: Deployment, bucket: str) -> None:
    stack.s3.create_bucket(Bucket=bucket)


def _write(stack: Deployment, bucket: str) -> None:
    stack.s3.create_bucket(Bucket=bucket)
    stack.s3.put_object(Bucket=bucket, Key="a", Body=b"1", ServerSideEncryption="AES256")


BUCKETS = Lane("Bucket", _create, "GetBucketEncryption", ("PutBucketEncryption",))
OBJECTS = Lane("Object", _write, "HeadObject", ("CopyObject", "UpdateObjectEncryption"))
