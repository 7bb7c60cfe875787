"""Which calls with a key the local cloud allows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from localcloud.client.handle import ACCOUNT, LocalCloud
from tests.cloud.key_policies.callers import Client
from tests.cloud.key_policies.statements import USE, allow, aws, policy, root
from tests.support.deployment import OTHER_ACCOUNT

BODY = b"seed"
DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "InvalidArgument",  # S3's answer to an unsigned request that needs a KMS key
    "KMSAccessDenied",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
}
NO_SUCH_CIPHERTEXT = "InvalidCiphertextException"  # KMS checks permissions first, then the ciphertext


class Targets:
    """For each key an object under it and a topic encrypted with it. Their own policies admit every caller.

    One bucket admits the other account, another admits everyone: only the key can deny access there.
    """

    def __init__(self, cloud: LocalCloud, keys: dict[str, str]) -> None:
        self._s3, self._kms, self._sns = (cloud.client(service) for service in ("s3", "kms", "sns"))
        self.bucket = self._bucket("keys-members", aws(root(OTHER_ACCOUNT)))
        self.public_bucket = self._bucket("keys-everybody", {"Principal": "*"})
        self.topics = {name: self._topic(f"keys-{name.split()[0]}", arn) for name, arn in keys.items()}
        for name, arn in keys.items():
            self._seed(name, arn)

    def _bucket(self, name: str, principal: dict[str, Any]) -> str:
        self._s3.create_bucket(Bucket=name)
        self._s3.delete_public_access_block(Bucket=name)
        admitted = allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{name}/*", **principal)
        self._s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy(admitted)))
        return name

    def _topic(self, name: str, key: str) -> str:
        arn = str(self._sns.create_topic(Name=name, Attributes={"KmsMasterKeyId": key})["TopicArn"])
        admitted = json.dumps(policy(allow("sns:Publish", arn, Principal={"AWS": "*"})))
        self._sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=admitted)
        return arn

    def _seed(self, name: str, key: str) -> None:
        """Write an object under a key that may deny it: the key policy is opened for this write."""
        before = self._kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
        opened = policy(*json.loads(before)["Statement"], allow(USE, **aws(root(ACCOUNT))))
        self._kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(opened))
        try:
            for bucket in (self.bucket, self.public_bucket):
                _write(self._s3, bucket, name, key)
        finally:
            self._kms.put_key_policy(KeyId=key, PolicyName="default", Policy=before)


def allowed_calls(client: Client, name: str, key: str, targets: Targets, *, signs: bool) -> set[str]:
    """The calls that need the key and are allowed to this caller."""
    s3, kms, sns = client("s3"), client("kms"), client("sns")
    bucket = targets.bucket if signs else targets.public_bucket
    attempts: dict[str, Callable[[], object]] = {
        "S3 write": lambda: _write(s3, bucket, f"{name} again", key),
        "S3 read": lambda: s3.get_object(Bucket=bucket, Key=name),
        "SNS publish": lambda: sns.publish(TopicArn=targets.topics[name], Message="x"),
        "KMS GenerateDataKey": lambda: kms.generate_data_key(KeyId=key, KeySpec="AES_256"),
        "KMS Decrypt": lambda: kms.decrypt(KeyId=key, CiphertextBlob=b"no ciphertext at all"),
    }
    return {what for what, attempt in attempts.items() if _is_allowed(attempt)}


def _write(s3: Any, bucket: str, name: str, key: str) -> object:
    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    return s3.put_object(Bucket=bucket, Key=name, Body=BODY, **encryption)


def _is_allowed(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in {*DENIED, NO_SUCH_CIPHERTEXT}:
            raise
        return bool(code == NO_SUCH_CIPHERTEXT)
    return True
