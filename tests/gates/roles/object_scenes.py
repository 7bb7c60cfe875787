"""Writes of objects, each in its own bucket, and the results the object function must have."""

from __future__ import annotations

import json
import uuid
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Any

from localcloud.client.handle import ACCOUNT
from tests.support.builders import an_object_body
from tests.support.deployment import OTHER_ACCOUNT, Deployment

SSE = "x-amz-server-side-encryption"
OWNED_BY = "team-stack"
OTHER_USER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
CONTEXT = b64encode(json.dumps({"department": "payroll"}).encode()).decode()
SSE_S3 = {"ServerSideEncryption": "AES256"}
AWS_MANAGED = {"ServerSideEncryption": "aws:kms"}
KEY = "a.csv"


@dataclass(slots=True)
class Scene:
    """One write. `expected` is its event result, and the status and action of its finding."""

    bucket: str
    expected: tuple[str, ...]
    version: str | None = None
    record: dict[str, Any] = field(default_factory=dict)
    event_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def message(self, actor: str) -> str:
        """The queue message with the write's record."""
        sent = self.record.get("requestParameters", {})
        record = {
            "eventID": self.event_id,
            "eventTime": f"{datetime.now(UTC) + timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}",
            "userIdentity": {
                "type": "IAMUser",
                "arn": f"arn:aws:iam::{ACCOUNT}:user/{actor}",
                "accountId": ACCOUNT,
            },
            "requestParameters": {"bucketName": self.bucket, "key": KEY, **sent},
            "responseElements": {"x-amz-version-id": self.version} if self.version else {},
        }
        return an_object_body(bucket=self.bucket, key=KEY, **record)


@dataclass(frozen=True, slots=True)
class Scenes:
    """Creates new scenes each time: cached data of a bucket or key must not replace a right."""

    deployment: Deployment
    writer: Any  # an S3 client that may use KMS keys

    def all(self) -> dict[str, Scene]:
        """By name. Each needs rights that no other scene needs."""
        make: dict[str, Callable[[], Scene]] = {
            "copy with tags, annotations and grants": self.copied_whole,
            "tags of a version": self.copied_version,
            "in place": self.in_place,
            "grants of a version": self.version_with_grants,
            "legal hold": lambda: self.locked(ObjectLockLegalHoldStatus="ON"),
            "retention": self.retained,
            "not found": self.not_found,
            "reader that K admits": self.read_by_another_account,
            "public that is shut out": self.public_in_vain,
            "key of a team": self.under_the_key_of_a_team,
            "key of another account": self.under_a_foreign_key,
            "key of the writer": self.under_the_writers_key,
            "refused by the bucket": self.refused,
        }
        return {name: scene() for name, scene in make.items()}

    def copied_whole(self) -> Scene:
        bucket = self._bucket(acls=True)
        tag = {"Key": "aws:cloudformation:stack-name", "Value": OWNED_BY}
        self.writer.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [tag]})
        self._put_statement(bucket, "Allow", f"arn:aws:iam::{ACCOUNT}:root", "s3:GetObject")
        scene = self._write(
            bucket, ("Applied", "REMEDIATED CopyObject"), **SSE_S3, **self._grants(bucket), Tagging="a=b"
        )
        self.writer.put_object_annotation(Bucket=bucket, Key=KEY, AnnotationName="n", AnnotationPayload=b"x")
        return scene

    def copied_version(self) -> Scene:
        bucket = self._bucket(versioning="Suspended")
        return self._write(bucket, ("Applied", "REMEDIATED CopyObject"), **SSE_S3, Tagging="a=b")

    def in_place(self) -> Scene:
        bucket = self._bucket(versioning="Enabled")
        return self._write(bucket, ("Applied", "REMEDIATED UpdateObjectEncryption"), **AWS_MANAGED)

    def version_with_grants(self) -> Scene:
        bucket = self._bucket(acls=True, versioning="Enabled")
        return self._write(bucket, ("Applied", "REMEDIATED UpdateObjectEncryption"), **SSE_S3)

    def locked(self, **lock: Any) -> Scene:
        bucket = _name()
        self.writer.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
        return self._write(bucket, ("Manual", "MANUAL "), **SSE_S3, **lock)

    def retained(self) -> Scene:
        until = datetime.now(UTC) + timedelta(days=1)
        return self.locked(ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until)

    def not_found(self) -> Scene:
        return Scene(self._bucket(), ("Skipped",))

    def read_by_another_account(self) -> Scene:
        bucket = self._bucket()
        self._put_statement(bucket, "Allow", f"arn:aws:iam::{OTHER_ACCOUNT}:root", "s3:GetObject")
        return self._write(bucket, ("Applied", "REMEDIATED CopyObject"), **SSE_S3)

    def public_in_vain(self) -> Scene:
        bucket, block = self._bucket(), {"RestrictPublicBuckets": True}
        self.writer.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
        self._put_statement(bucket, "Allow", "*", "s3:GetObject")
        return self._write(bucket, ("Applied", "REMEDIATED CopyObject"), **SSE_S3)

    def under_the_key_of_a_team(self) -> Scene:
        key = self.deployment.create_key()
        return self._write(self._bucket(), ("Compliant",), **AWS_MANAGED, SSEKMSKeyId=key)

    def under_a_foreign_key(self) -> Scene:
        allow = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
        kms = self.deployment.cloud.client("kms", self.deployment.cloud.account_root(OTHER_ACCOUNT))
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        key = kms.create_key(Policy=policy)["KeyMetadata"]["Arn"]
        expected = ("Applied", "REMEDIATED CopyObject")
        return self._write(self._bucket(), expected, **AWS_MANAGED, SSEKMSKeyId=key)

    def under_the_writers_key(self) -> Scene:
        bucket, key = self._bucket(), b"0123456789abcdef0123456789abcdef"
        default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        unblocked = {"Rules": [default | {"BlockedEncryptionTypes": {"EncryptionType": ["NONE"]}}]}
        self.writer.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=unblocked)
        return self._write(
            bucket,
            ("Manual", "MANUAL "),
            SSECustomerAlgorithm="AES256",
            SSECustomerKey=b64encode(key).decode(),
            SSECustomerKeyMD5=b64encode(md5(key, usedforsecurity=False).digest()).decode(),
        )

    def refused(self) -> Scene:
        scene = self._write(self._bucket(), ("Failed", "FAILED "), **SSE_S3)
        self._put_statement(scene.bucket, "Deny", "*", "s3:PutObject")
        return scene

    def in_parts(self) -> Scene:
        """Not in one copy, which would be too large, and not in place, which could lose the context."""
        expected = ("Applied", "REMEDIATED UploadPartCopy")
        scene = self._write(
            self._bucket(), expected, **AWS_MANAGED, SSEKMSEncryptionContext=CONTEXT, Tagging="a=b"
        )
        scene.record = {"requestParameters": {SSE: "aws:kms", f"{SSE}-context": CONTEXT}}
        return scene

    # --- the means -----------------------------------------------------------------------------

    def _bucket(self, *, acls: bool = False, versioning: str | None = None) -> str:
        bucket = _name()
        ownership = {"ObjectOwnership": "ObjectWriter"} if acls else {}
        self.writer.create_bucket(Bucket=bucket, **ownership)
        for status in ["Enabled", "Suspended"][: (versioning is not None) + (versioning == "Suspended")]:
            self.writer.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
        return bucket

    def _write(self, bucket: str, expected: tuple[str, ...], **how: Any) -> Scene:
        answer = self.writer.put_object(Bucket=bucket, Key=KEY, Body=b"x" * 200, **how)
        return Scene(bucket, expected, version=answer.get("VersionId"))

    def _grants(self, bucket: str) -> dict[str, str]:
        owner = self.writer.get_bucket_acl(Bucket=bucket)["Owner"]["ID"]
        return {"GrantFullControl": f'id="{owner}"', "GrantReadACP": f'id="{OTHER_USER}"'}

    def _put_statement(self, bucket: str, effect: str, who: str, action: str) -> None:
        statement = {"Effect": effect, "Principal": {"AWS": who}, "Action": action}
        statement["Resource"] = f"arn:aws:s3:::{bucket}/*"
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.writer.put_bucket_policy(Bucket=bucket, Policy=policy)


def _name() -> str:
    return f"scene-{uuid.uuid4().hex[:12]}"
