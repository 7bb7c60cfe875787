"""Clients and the resources of one run. The name of everything it makes begins with the run's prefix."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

PREFIX = "reseal-verify-"
TAG = "reseal-verify"
"""The tag of the keys of a run, which have no name; its value is the run's prefix."""

_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.5
_NOT_YET = ("AccessDenied", "AccessDeniedException", "InvalidClientTokenId", "NotFoundException")

Statement = Mapping[str, Any]
Found = TypeVar("Found")


def new_prefix() -> str:
    """The prefix of a new run: its time, and four characters that make it unique."""
    return f"{PREFIX}{datetime.now(UTC):%y%m%d%H%M}-{secrets.token_hex(2)}"


class Clients:
    """The account's clients, one for each service and Region."""

    def __init__(self, session: boto3.Session) -> None:
        self.session = session
        self._made: dict[tuple[str, str], Any] = {}
        self.region = str(session.region_name)
        identity = self("sts").get_caller_identity()
        self.account, self.caller = str(identity["Account"]), str(identity["Arn"])
        self.partition = self.caller.split(":")[1]

    @property
    def other_region(self) -> str:
        """A second Region of the partition."""
        regions = self.session.get_available_regions("s3", partition_name=self.partition)
        usual = [name for name in ("us-east-1", "us-west-2") if name in regions] or regions
        return next(name for name in usual if name != self.region)

    def __call__(self, service: str, region: str | None = None) -> Any:
        """A client, in the run's Region unless another is named."""
        where = region or self.region
        if (service, where) not in self._made:
            retries: Any = {"mode": "standard", "total_max_attempts": 5}
            config = Config(retries=retries, signature_version="s3v4" if service == "s3" else None)
            self._made[service, where] = self.session.client(service, region_name=where, config=config)  # type: ignore[call-overload]
        return self._made[service, where]


class Bench:
    """Makes what measurements need: buckets, keys, and sessions with fewer rights."""

    def __init__(self, clients: Clients, prefix: str) -> None:
        self.clients, self.prefix = clients, prefix
        self.s3, self.kms = clients("s3"), clients("kms")
        self._keys: dict[str, str] = {}
        self._role: str | None = None

    def bucket(
        self, purpose: str, *, region: str | None = None, through: str | None = None, **more: Any
    ) -> str:
        """A new bucket; `through` is the Region to which the call is sent."""
        name, where = self.bucket_name(purpose), region or self.clients.region
        self.clients("s3", through).create_bucket(Bucket=name, **located(where), **more)
        return name

    def bucket_name(self, purpose: str) -> str:
        """A name that no bucket has."""
        return f"{self.prefix}-{purpose}-{secrets.token_hex(3)}"

    def key(self, purpose: str) -> str:
        """The ARN of the run's key for this purpose, made when it is first asked for."""
        if purpose not in self._keys:
            tags = [{"TagKey": TAG, "TagValue": self.prefix}]
            made = self.kms.create_key(Description=f"{self.prefix} {purpose}", Tags=tags)
            self._keys[purpose] = arn = str(made["KeyMetadata"]["Arn"])
            until(lambda: _works_already(lambda: self.kms.describe_key(KeyId=arn)), bool)
        return self._keys[purpose]

    def limited(self, *statements: Statement) -> Callable[[str], Any]:
        """Clients of the run's role, whose session has only the rights that the statements give."""
        role = self._role or self._make_role()
        policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        return self._assumed(role, policy)

    def default(self, bucket: str, algorithm: str, key: str | None = None, **rule: Any) -> dict[str, Any]:
        """Put a bucket's default encryption."""
        encryption = {"SSEAlgorithm": algorithm} | ({"KMSMasterKeyID": key} if key else {})
        rules = [{"ApplyServerSideEncryptionByDefault": encryption, **rule}]
        answer = self.s3.put_bucket_encryption(
            Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules}
        )
        return dict(answer)

    def rule(self, bucket: str) -> dict[str, Any]:
        """A bucket's default encryption."""
        answer = self.s3.get_bucket_encryption(Bucket=bucket)
        return dict(answer["ServerSideEncryptionConfiguration"]["Rules"][0])

    def sse_c_bucket(self, purpose: str) -> str:
        """A new bucket that takes objects under SSE-C."""
        name = self.bucket(purpose)
        self.default(name, "AES256", BlockedEncryptionTypes={"EncryptionType": ["NONE"]})
        return name

    def _make_role(self) -> str:
        """A role for this account's own sessions. IAM needs some seconds until it can be used."""
        trust = allow("sts:AssumeRole", Principal={"AWS": self.clients.account})
        del trust["Resource"]
        iam, name = self.clients("iam"), f"{self.prefix}-role"
        document = {"Version": "2012-10-17", "Statement": [trust]}
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))
        rights = {"Version": "2012-10-17", "Statement": [allow("s3:*"), allow("kms:*")]}
        iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=json.dumps(rights))
        self._role = role = str(made["Role"]["Arn"])
        ready = self._assumed(role, json.dumps(rights))
        until(lambda: _works_already(lambda: ready("s3").list_buckets()), bool)
        until(lambda: _works_already(lambda: ready("kms").list_keys()), bool)
        return role

    def _assumed(self, role: str, policy: str) -> Callable[[str], Any]:
        sts, sessions = self.clients("sts"), list[Any]()

        def assume() -> None:
            answer = sts.assume_role(RoleArn=role, RoleSessionName="measurement", Policy=policy)
            sessions.append(answer["Credentials"])

        if not until(lambda: _works_already(assume), bool):
            assume()
        keys = sessions[-1]
        session = boto3.Session(
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
            region_name=self.clients.region,
        )
        return partial(session.client)


def allow(*actions: str, resource: str | Sequence[str] = "*", **more: Any) -> dict[str, Any]:
    """An IAM statement."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def located(region: str) -> dict[str, Any]:
    """The parameter of CreateBucket for a bucket in this Region."""
    if region == "us-east-1":
        return {}
    return {"CreateBucketConfiguration": {"LocationConstraint": region}}


def until(read: Callable[[], Found], settled: Callable[[Found], bool]) -> Found:
    """Read until the answer is settled, at most a minute: changes of AWS show with a delay."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not settled(found := read()) and time.monotonic() < deadline:
        time.sleep(_PAUSE_SECONDS)
    return found


def _works_already(act: Callable[[], object]) -> bool:
    try:
        act()
    except ClientError as refused:
        if refused.response["Error"]["Code"] not in _NOT_YET:
            raise
        return False
    return True
