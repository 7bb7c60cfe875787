"""Values: what a call, a finding and a ledger entry are about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A bucket, or an object if `object_key` is set; `version_id` selects one version of the object."""

    bucket: str
    object_key: str | None = None
    version_id: str | None = None

    @property
    def type(self) -> str:
        """The CloudFormation resource type, as CloudTrail writes it."""
        return "AWS::S3::Bucket" if self.object_key is None else "AWS::S3::Object"

    @property
    def kind(self) -> str:
        """The kind in one word."""
        return "bucket" if self.object_key is None else "object"

    @property
    def name(self) -> str:
        """The bucket's name, or bucket and object key."""
        return self.bucket if self.object_key is None else f"{self.bucket}/{self.object_key}"

    @property
    def in_words(self) -> str:
        """The kind and the name, for people."""
        return f"bucket {self.bucket}" if self.object_key is None else f"object {self.name}"

    def arn(self, partition: str) -> str:
        """The ARN; it does not name a version."""
        return f"arn:{partition}:s3:::{self.name}"

    def to_document(self) -> dict[str, str | None]:
        """The resource as JSON, for the ledger."""
        return {"bucket": self.bucket, "object_key": self.object_key, "version_id": self.version_id}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Resource:
        """The resource that `to_document` wrote."""
        return cls(
            bucket=document["bucket"], object_key=document["object_key"], version_id=document["version_id"]
        )
