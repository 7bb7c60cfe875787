"""The calls whose records are collected, each under the name of the file that its record becomes."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session

from operations.verify_aws.answers.buckets import CUSTOMER_KEY
from operations.verify_aws.answers.objects import under
from operations.verify_aws.answers.uploads import Upload
from operations.verify_aws.bench import Bench, allow, located
from operations.verify_aws.measurement import NotSeenError

KEYS = {
    "put_object_key_with_space": "a folder/a name.txt",
    "put_object_key_with_plus": "a+b.txt",
    "put_object_key_with_percent": "file%2Fname.txt",
    "put_object_key_unicode": "café/文件.txt",
}
"""Object keys by the name of the call that writes one."""

_SECONDS = 60
_PLAIN_KEY = "2026/11/report.csv"


class Stage:
    """The resources that the calls use. `call` makes one call and returns S3's or KMS's id of the request."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.s3, self.kms = bench, bench.s3, bench.kms
        self.key, self.spare = bench.key("main"), bench.key("spare")
        self.plain = bench.sse_c_bucket("plain")
        self.under_kms = bench.bucket("kms")
        bench.default(self.under_kms, "aws:kms", self.key, BucketKeyEnabled=True)
        self.limited = bench.limited(allow("s3:GetObject"))
        self.alias = f"alias/{bench.prefix}-spare"

    def call(self, name: str) -> str:
        """Make the call with this name. Raises ClientError and NotSeenError."""
        answer = CALLS[name](self)
        return answer if isinstance(answer, str) else request_of(answer)

    def probe(self) -> str:
        """A write that shows whether the trail logs already."""
        return self.put(f"probe/{uuid.uuid4().hex}")

    def put(self, key: str, bucket: str | None = None, **more: Any) -> str:
        """Write an object; the id of the request."""
        answer = self.s3.put_object(Bucket=bucket or self.plain, Key=key, Body=b"x", **more)
        return request_of(answer)

    def refused(self, act: Callable[[], object]) -> str:
        """A call that AWS must refuse; the id of its request."""
        try:
            act()
        except ClientError as refusal:
            return request_of(refusal.response)
        raise NotSeenError("AWS accepted a call that it had to refuse")


def request_of(answer: Any) -> str:
    """The id that CloudTrail calls `requestID`: of S3 it is in a header of its own."""
    metadata = answer["ResponseMetadata"]
    return str(metadata["HTTPHeaders"].get("x-amz-request-id") or metadata["RequestId"])


def _create_bucket(stage: Stage) -> Any:
    name = stage.bench.bucket_name("created")
    return stage.s3.create_bucket(Bucket=name, **located(stage.bench.clients.region))


def _create_elsewhere(stage: Stage) -> Any:
    """Sent to us-east-1, which alone creates buckets in other Regions."""
    clients = stage.bench.clients
    region = clients.region if clients.region != "us-east-1" else clients.other_region
    return clients("s3", "us-east-1").create_bucket(
        Bucket=stage.bench.bucket_name("elsewhere"),
        CreateBucketConfiguration={"LocationConstraint": region},
    )


def _put_encryption(stage: Stage) -> Any:
    return stage.bench.default(
        stage.under_kms,
        "aws:kms",
        stage.key,
        BucketKeyEnabled=True,
        BlockedEncryptionTypes={"EncryptionType": ["SSE-C"]},
    )


def _delete_encryption(stage: Stage) -> Any:
    return stage.s3.delete_bucket_encryption(Bucket=stage.bench.bucket("deleted"))


def _put_encryption_denied(stage: Stage) -> str:
    rules = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
    return stage.refused(
        lambda: stage.limited("s3").put_bucket_encryption(
            Bucket=stage.plain, ServerSideEncryptionConfiguration={"Rules": rules}
        )
    )


def _put_policy(stage: Stage) -> Any:
    bucket = stage.bench.bucket("policy")
    arn = f"arn:{stage.bench.clients.partition}:s3:::{bucket}"
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return stage.s3.put_bucket_policy(Bucket=bucket, Policy=policy)


def _put_tags(stage: Stage) -> Any:
    tags = [{"Key": "one", "Value": "true"}, {"Key": "two", "Value": "2"}]
    return stage.s3.put_bucket_tagging(Bucket=stage.plain, Tagging={"TagSet": tags})


def _block_public_access(stage: Stage) -> Any:
    return stage.s3.put_public_access_block(
        Bucket=stage.plain, PublicAccessBlockConfiguration={"BlockPublicAcls": True}
    )


def _copy(stage: Stage) -> Any:
    where = {"Bucket": stage.plain, "Key": _PLAIN_KEY}
    stage.put(_PLAIN_KEY)
    return stage.s3.copy_object(**where, CopySource=where, **under(stage.key))


def _begin_upload(stage: Stage) -> Any:
    return Upload(stage.bench, {"Bucket": stage.plain, "Key": "begun"}).began


def _begin_upload_sse_c(stage: Stage) -> Any:
    return Upload(stage.bench, {"Bucket": stage.plain, "Key": "begun"}, **CUSTOMER_KEY).began


def _complete_upload(stage: Stage) -> Any:
    return Upload(stage.bench, {"Bucket": stage.plain, "Key": "parts"}, **under(stage.key)).complete()


def _post_form(stage: Stage) -> str:
    form = stage.s3.generate_presigned_post(stage.plain, "posted.txt")
    boundary = uuid.uuid4().hex
    fields = {**form["fields"], "file": "x"}
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    body = "".join([*parts, f"--{boundary}--\r\n"]).encode()
    kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return _send(f"{stage.s3.meta.endpoint_url}/{stage.plain}", body, kind)


def _send(url: str, body: bytes, headers: Mapping[str, str]) -> str:
    """Send a form to S3, by the Region's own name: that of a new bucket may not be known everywhere."""
    request = AWSRequest("POST", url, data=body, headers=headers).prepare()
    return str(URLLib3Session(timeout=_SECONDS).send(request).headers["x-amz-request-id"])


def _update(stage: Stage) -> Any:
    stage.put("updated")
    encryption = {"SSEKMS": {"KMSKeyArn": stage.key, "BucketKeyEnabled": True}}
    return stage.s3.update_object_encryption(Bucket=stage.plain, Key="updated", ObjectEncryption=encryption)


def _delete_objects(stage: Stage) -> Any:
    names = ("deleted/1", "deleted/2")
    for name in names:
        stage.put(name)
    return stage.s3.delete_objects(Bucket=stage.plain, Delete={"Objects": [{"Key": name} for name in names]})


def _put_over_http(stage: Stage) -> str:
    """Without TLS, which S3 accepts unless a policy denies it."""
    url = stage.s3.meta.endpoint_url.replace("https://", "http://")
    plain = stage.bench.clients.session.client(
        "s3",
        endpoint_url=url,
        region_name=stage.bench.clients.region,
        config=Config(signature_version="s3v4"),
    )
    answer = plain.put_object(Bucket=stage.plain, Key="http", Body=b"x")
    return request_of(answer)


def _put_key_policy(stage: Stage) -> Any:
    policy = stage.kms.get_key_policy(KeyId=stage.spare)["Policy"]
    return stage.kms.put_key_policy(KeyId=stage.spare, Policy=policy)


def _delete_alias(stage: Stage) -> Any:
    alias = f"{stage.alias}-gone"
    stage.kms.create_alias(AliasName=alias, TargetKeyId=stage.spare)
    return stage.kms.delete_alias(AliasName=alias)


CALLS: Mapping[str, Callable[[Stage], Any]] = {
    "create_bucket": _create_bucket,
    "create_bucket_in_another_region": _create_elsewhere,
    "put_bucket_encryption_sse_kms": _put_encryption,
    "delete_bucket_encryption": _delete_encryption,
    "put_bucket_encryption_denied": _put_encryption_denied,
    "put_bucket_policy": _put_policy,
    "put_bucket_tagging": _put_tags,
    "put_public_access_block": _block_public_access,
    "put_object_default_sse_s3": lambda stage: stage.put(_PLAIN_KEY),
    "put_object_default_sse_kms": lambda stage: stage.put(_PLAIN_KEY, stage.under_kms),
    "put_object_sse_kms": lambda stage: stage.put(_PLAIN_KEY, **under(stage.key)),
    "put_object_dsse_kms": lambda stage: stage.put(
        _PLAIN_KEY, ServerSideEncryption="aws:kms:dsse", SSEKMSKeyId=stage.key
    ),
    "put_object_sse_c": lambda stage: stage.put(_PLAIN_KEY, **CUSTOMER_KEY),
    "put_object_denied": lambda stage: stage.refused(
        lambda: stage.limited("s3").put_object(Bucket=stage.plain, Key=_PLAIN_KEY, Body=b"x")
    ),
    **{name: partial(Stage.put, key=key) for name, key in KEYS.items()},
    "copy_object_sse_kms": _copy,
    "create_multipart_upload": _begin_upload,
    "create_multipart_upload_sse_c": _begin_upload_sse_c,
    "complete_multipart_upload_sse_kms": _complete_upload,
    "post_object_by_form": _post_form,
    "update_object_encryption": _update,
    "delete_objects": _delete_objects,
    "put_object_over_http": _put_over_http,
    "create_alias": lambda stage: stage.kms.create_alias(AliasName=stage.alias, TargetKeyId=stage.spare),
    "delete_alias": _delete_alias,
    "enable_key_rotation": lambda stage: stage.kms.enable_key_rotation(KeyId=stage.spare),
    "disable_key_rotation": lambda stage: stage.kms.disable_key_rotation(KeyId=stage.spare),
    "put_key_policy": _put_key_policy,
    "disable_key": lambda stage: stage.kms.disable_key(KeyId=stage.spare.rpartition("/")[2]),
    "enable_key": lambda stage: stage.kms.enable_key(KeyId=stage.spare),
    "schedule_key_deletion": lambda stage: stage.kms.schedule_key_deletion(
        KeyId=stage.spare, PendingWindowInDays=7
    ),
    "cancel_key_deletion": lambda stage: stage.kms.cancel_key_deletion(KeyId=stage.spare),
}
"""In the order in which they are made: the last ones change the spare key's state."""
