"""The object lane's ports for the contract tests, in memory, on the local cloud and on LocalEmu."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any, Protocol
from urllib.parse import parse_qsl

from aws_lambda_powertools import Logger

from localcloud.client.handle import LocalCloud
from reseal.aws.s3.buckets import S3Buckets
from reseal.aws.s3.objects import S3Objects
from reseal.core.state.object_encryption import CUSTOMER_KEY, ObjectEncryption
from reseal.core.state.s3_object import Checksum
from reseal.ports import Buckets, Objects
from tests.contract.worlds.services import NEW_BUCKET, Backend
from tests.support.builders import K
from tests.support.fakes.objects import FakeObjects
from tests.support.fakes.services import FakeBuckets, FakeClock
from tests.support.fakes.stored_objects import HEADERS
from tests.support.names import unique

MIB = 1 << 20
PART = 5 * MIB


# --- Objects -----------------------------------------------------------------------------------------


class ObjectWorld(Protocol):
    """Objects and buckets, and what users do with them."""

    objects: Objects
    buckets: Buckets
    k: str

    def new_bucket(self, *, versioned: bool = False) -> str: ...
    def put(self, bucket: str, key: str, **properties: Any) -> None: ...
    def delete(self, bucket: str, key: str) -> str | None: ...
    def tag(self, bucket: str, key: str, tags: dict[str, str]) -> None: ...
    def age(self, bucket: str, key: str) -> None:
        """Make the object a minute older."""

    def body(self, bucket: str, key: str) -> bytes: ...
    def uploads(self, bucket: str) -> int: ...


_FIELDS = {
    "Body": "body",
    "Metadata": "metadata",
    "StorageClass": "storage_class",
    "WebsiteRedirectLocation": "website_redirect",
}


class FakeObjectWorld:
    k = K

    def __init__(self) -> None:
        self.buckets = FakeBuckets()
        self.objects = FakeObjects(buckets=self.buckets)

    def new_bucket(self, *, versioned: bool = False) -> str:
        name = unique("fake")
        self.buckets.state[name] = NEW_BUCKET
        if versioned:
            self.buckets.versioned.add(name)
        return name

    def put(self, bucket: str, key: str, **properties: Any) -> None:
        stored = {name: properties[given] for given, name in _FIELDS.items() if given in properties}
        stored["headers"] = {name: value for name, value in properties.items() if name in HEADERS}
        stored["tags"] = dict(parse_qsl(properties.get("Tagging", "")))
        if algorithm := properties.get("ChecksumAlgorithm"):
            stored["checksum"] = Checksum(algorithm=algorithm, type="FULL_OBJECT", value="its own")
        if algorithm := properties.get("ServerSideEncryption"):
            stored["encryption"] = ObjectEncryption(algorithm=algorithm, key_id=properties["SSEKMSKeyId"])
        if "SSECustomerKey" in properties:
            stored["encryption"] = CUSTOMER_KEY
        self.objects.put(bucket, key, **stored)

    def delete(self, bucket: str, key: str) -> str | None:
        self.objects.delete(bucket, key)
        return self.objects.markers(bucket, key)[-1] if bucket in self.buckets.versioned else None

    def tag(self, bucket: str, key: str, tags: dict[str, str]) -> None:
        self.objects.change(bucket, key, tags=tags)

    def age(self, bucket: str, key: str) -> None:
        head = self.objects.stored(bucket, key).head
        self.objects.change(
            bucket, key, head=replace(head, last_modified=head.last_modified - timedelta(minutes=1))
        )

    def body(self, bucket: str, key: str) -> bytes:
        return self.objects.stored(bucket, key).body

    def uploads(self, bucket: str) -> int:
        return len(self.objects.uploads)


class AwsObjectWorld:
    """Not on moto, which is wrong about the copies that these tests check."""

    def __init__(self, backend: Backend) -> None:
        self._s3 = backend.client("s3")
        self._aged = 0.0
        logger = Logger(service=unique("objects"))
        self.objects = S3Objects(backend.client("s3"), backend.account, logger, part_size=PART)
        self.buckets = S3Buckets(backend.client("s3"), backend.account, FakeClock())
        self.k = backend.client("kms").create_key()["KeyMetadata"]["Arn"]

    def new_bucket(self, *, versioned: bool = False) -> str:
        name = unique("objects")
        self._s3.create_bucket(Bucket=name)
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        rule |= {"BlockedEncryptionTypes": {"EncryptionType": ["NONE"]}}
        self._s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
        if versioned:
            self._s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def put(self, bucket: str, key: str, **properties: Any) -> None:
        while int(time.time()) <= self._aged:  # S3 shows times in whole seconds
            time.sleep(0.05)
        self._s3.put_object(Bucket=bucket, Key=key, **{"Body": b"bytes", **properties})

    def delete(self, bucket: str, key: str) -> str | None:
        marker: str | None = self._s3.delete_object(Bucket=bucket, Key=key).get("VersionId")
        return marker

    def tag(self, bucket: str, key: str, tags: dict[str, str]) -> None:
        tag_set = [{"Key": name, "Value": value} for name, value in tags.items()]
        self._s3.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": tag_set})

    def age(self, bucket: str, key: str) -> None:
        """Make the next write wait for another second, so that this object is older."""
        self._aged = time.time()

    def body(self, bucket: str, key: str) -> bytes:
        read: bytes = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return read

    def uploads(self, bucket: str) -> int:
        return len(self._s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []))


class CloudObjectWorld(AwsObjectWorld):
    """The local cloud can make an object older without waiting."""

    def __init__(self, backend: Backend, cloud: LocalCloud) -> None:
        super().__init__(backend)
        self._cloud = cloud

    def age(self, bucket: str, key: str) -> None:
        self._cloud.make_older(bucket, key, 60)
