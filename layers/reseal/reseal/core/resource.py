"""Values: what a call, a finding and a ledger entry are about: a bucket, an object or a KMS key.

Each kind has a `type`, the CloudFormation resource type as CloudTrail writes it, and a `kind`, the word for
it in texts. `scope` is the bucket or the key: equal findings about one scope are reported as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from reseal.core.text.quoted import quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketResource:
    """An S3 bucket."""

    type: ClassVar[str] = "AWS::S3::Bucket"
    kind: ClassVar[str] = "bucket"
    bucket: str

    @property
    def name(self) -> str:
        """The bucket's name."""
        return self.bucket

    @property
    def in_words(self) -> str:
        """The kind and the name, for people."""
        return f"bucket {self.bucket}"

    @property
    def scope(self) -> str:
        """The bucket."""
        return self.bucket

    def arn(self, partition: str) -> str:
        """The bucket's ARN in this AWS partition."""
        return f"arn:{partition}:s3:::{self.bucket}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectResource:
    """An S3 object; `version_id` selects one version, None the current one."""

    type: ClassVar[str] = "AWS::S3::Object"
    kind: ClassVar[str] = "object"
    bucket: str
    object_key: str
    version_id: str | None = None

    @property
    def name(self) -> str:
        """Bucket and object key; it does not name a version."""
        return f"{self.bucket}/{self.object_key}"

    @property
    def in_words(self) -> str:
        """The kind and the name, quoted, for people."""
        return f"object {quoted(self.name)}"

    @property
    def scope(self) -> str:
        """The object's bucket."""
        return self.bucket

    def arn(self, partition: str) -> str:
        """The object's ARN in this AWS partition; it does not name a version."""
        return f"arn:{partition}:s3:::{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyResource:
    """A KMS key; `kms_key` is its key ARN."""

    type: ClassVar[str] = "AWS::KMS::Key"
    kind: ClassVar[str] = "KMS key"
    kms_key: str

    @property
    def name(self) -> str:
        """The key id."""
        return self.kms_key.rpartition("/")[2]

    @property
    def in_words(self) -> str:
        """The kind and the key id, for people."""
        return f"KMS key {self.name}"

    @property
    def scope(self) -> str:
        """The key's ARN."""
        return self.kms_key

    def arn(self, _partition: str) -> str:
        """The key's ARN, which names its own partition."""
        return self.kms_key


S3Resource = BucketResource | ObjectResource
Resource = BucketResource | ObjectResource | KeyResource

_BY_TYPE = {kind.type: kind for kind in (BucketResource, ObjectResource, KeyResource)}


def resource_to_document(resource: Resource) -> dict[str, Any]:
    """A resource as JSON, for the ledger; `type` says which kind it is."""
    return {"type": resource.type, **asdict(resource)}


def resource_from_document(document: Mapping[str, Any]) -> Resource:
    """The resource that `resource_to_document` wrote."""
    names = {name: value for name, value in document.items() if name != "type"}
    resource: Resource = _BY_TYPE[document["type"]](**names)
    return resource


def version_of(resource: Resource) -> str | None:
    """The version of an object that the resource names; None if it names none."""
    match resource:
        case ObjectResource():
            return resource.version_id
        case BucketResource() | KeyResource():
            return None
