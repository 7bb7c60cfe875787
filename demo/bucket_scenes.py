"""The scenes about buckets: who does what to which bucket, and the expected result."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from demo.runner import HANDED_ON, TLS
from demo.scene import End, Group, Scene
from demo.world import OTHER_ACCOUNT, World

DEFAULT, BUCKET_KEY, SSE_C = "S3.BucketDefaultEncryption", "S3.BucketKey", "S3.BucketSseCBlock"
KEY_ACCESS = "S3.BucketKeyAccess"


def _create(bucket: str) -> Callable[[Any, World], None]:
    return lambda s3, world: s3.create_bucket(Bucket=bucket)


def _rule(algorithm: str, key: str | None, *, bucket_key: bool, blocked: str) -> dict[str, Any]:
    default = {"SSEAlgorithm": algorithm} | ({"KMSMasterKeyID": key} if key else {})
    rule = {
        "ApplyServerSideEncryptionByDefault": default,
        "BucketKeyEnabled": bucket_key,
        "BlockedEncryptionTypes": {"EncryptionType": [blocked]},
    }
    return {"Rules": [rule]}


def _put(s3: Any, bucket: str, rule: dict[str, Any]) -> None:
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=rule)


def _lower(s3: Any, world: World) -> None:
    _put(s3, "orders", _rule("AES256", None, bucket_key=False, blocked="SSE-C"))


def _use_foreign_key(s3: Any, world: World) -> None:
    _put(s3, "orders", _rule("aws:kms", world.foreign_key, bucket_key=True, blocked="SSE-C"))


def _create_with_own_key(s3: Any, world: World) -> None:
    s3.create_bucket(Bucket="analytics")
    _put(s3, "analytics", _rule("aws:kms", world.team_key, bucket_key=True, blocked="SSE-C"))


def _loosen(s3: Any, world: World) -> None:
    _put(s3, "analytics", _rule("aws:kms", world.team_key, bucket_key=False, blocked="NONE"))


def _make_website(s3: Any, world: World) -> None:
    s3.create_bucket(Bucket="shop-front")
    index = {"IndexDocument": {"Suffix": "index.html"}}
    s3.delete_public_access_block(Bucket="shop-front")  # new buckets shut the public out
    s3.put_bucket_website(Bucket="shop-front", WebsiteConfiguration=index)


def _let_partner_in(s3: Any, world: World) -> None:
    allow = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::orders/*",
    }
    s3.put_bucket_policy(Bucket="orders", Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))


def _create_in_ireland(s3: Any, world: World) -> None:
    s3.create_bucket(Bucket="archive-eu", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})


def _create_locked(s3: Any, world: World) -> None:
    s3.create_bucket(Bucket="vault")
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutEncryptionConfiguration",
        "Resource": "arn:aws:s3:::vault",
        "Condition": {"StringNotLike": {"aws:PrincipalArn": "*:user/maria"}},
    }
    s3.put_bucket_policy(Bucket="vault", Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))


def _set_policy(bucket: str, **statement: Any) -> Callable[[Any, World], None]:
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return lambda s3, world: s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))


_LOOKS_RIGHT = {
    "Sid": "DenyInsecureTransport",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": "arn:aws:s3:::accounting/*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
_FOR_EVERYBODY = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::shop-front/*",
}

BUCKET_GROUPS = (
    Group(
        "Buckets that Reseal remediates",
        (
            Scene(
                title="creates a bucket",
                who="maria",
                bucket="orders",
                act=_create("orders"),
                calls=("CreateBucket",),
                end=End.REMEDIATED,
                findings=((DEFAULT, "INFORMATIONAL", "REMEDIATED"),),
                short=True,
            ),
            Scene(
                title="lowers its default encryption from SSE-KMS to SSE-S3",
                who="mallory",
                bucket="orders",
                act=_lower,
                calls=("PutBucketEncryption",),
                end=End.REMEDIATED,
                findings=((DEFAULT, "HIGH", "REMEDIATED"),),
                short=True,
                pictured=True,
            ),
            Scene(
                title="deletes its default encryption",
                who="maria",
                bucket="orders",
                act=lambda s3, world: s3.delete_bucket_encryption(Bucket="orders"),
                calls=("DeleteBucketEncryption",),
                end=End.REMEDIATED,
                findings=((DEFAULT, "HIGH", "REMEDIATED"),),
            ),
            Scene(
                title="sets its default encryption to a key of another account",
                who="mallory",
                bucket="orders",
                act=_use_foreign_key,
                calls=("PutBucketEncryption",),
                end=End.REMEDIATED,
                findings=((DEFAULT, "CRITICAL", "REMEDIATED"),),
            ),
        ),
    ),
    Group(
        "Buckets that are compliant, elsewhere or unchanged",
        (
            Scene(
                title="creates a bucket, then sets the team's own key",
                who="data-team",
                bucket="analytics",
                act=_create_with_own_key,
                calls=("CreateBucket", "PutBucketEncryption"),
                end=End.COMPLIANT,
            ),
            Scene(
                title="creates a bucket in another Region, eu-west-1",
                who="maria",
                bucket="archive-eu",
                act=_create_in_ireland,
                calls=("CreateBucket",),
                end=End.SKIPPED,
            ),
            Scene(
                title="tries to delete a bucket's encryption; S3 denies the call",
                who="intern",
                bucket="orders",
                act=lambda s3, world: s3.delete_bucket_encryption(Bucket="orders"),
                calls=(),
                end=End.NO_EVENT,
            ),
        ),
    ),
    Group(
        "Buckets that Reseal reports and does not change",
        (
            Scene(
                title="turns its Bucket Key off and unblocks SSE-C",
                who="data-team",
                bucket="analytics",
                act=_loosen,
                calls=("PutBucketEncryption",),
                end=End.UNCHANGED,
                findings=((BUCKET_KEY, "LOW", "DETECTED"), (SSE_C, "HIGH", "DETECTED")),
            ),
            Scene(
                title="creates a bucket and makes it a public website (visitors cannot use a KMS key)",
                who="maria",
                bucket="shop-front",
                act=_make_website,
                calls=("CreateBucket", "PutBucketWebsite"),
                end=End.UNCHANGED,
                findings=((DEFAULT, "INFORMATIONAL", "MANUAL"), (DEFAULT, "MEDIUM", "MANUAL")),
                short=True,
                pictured=True,
            ),
            Scene(
                title="lets another account read a bucket whose KMS key that account cannot use",
                who="maria",
                bucket="orders",
                act=_let_partner_in,
                calls=("PutBucketPolicy",),
                end=End.UNCHANGED,
                findings=((KEY_ACCESS, "CRITICAL", "MANUAL"),),
            ),
            Scene(
                title="creates a bucket whose policy lets only her change its encryption",
                who="maria",
                bucket="vault",
                act=_create_locked,
                calls=("CreateBucket", "PutBucketPolicy"),
                end=End.UNCHANGED,
                findings=((DEFAULT, "HIGH", "FAILED"),),
            ),
        ),
    ),
    Group(
        "Buckets that must answer over TLS only",
        (
            Scene(
                title="creates a bucket, which answers over plain HTTP too",
                who="maria",
                bucket="accounting",
                act=_create("accounting"),
                calls=("CreateBucket", HANDED_ON),
                end=End.REMEDIATED,
                findings=((TLS, "INFORMATIONAL", "DETECTED"), (TLS, "MEDIUM", "REMEDIATED")),
                over_http=True,
            ),
            Scene(
                title="opens her website to everybody; its endpoint speaks plain HTTP only",
                who="maria",
                bucket="shop-front",
                act=_set_policy("shop-front", **_FOR_EVERYBODY),
                calls=("PutBucketPolicy",),
                end=End.UNCHANGED,
                findings=((TLS, "HIGH", "MANUAL"),),
                reason="website endpoints speak plain HTTP only",
                over_http=True,
            ),
            Scene(
                title="sets a policy that only looks right: it denies plain HTTP to objects alone",
                who="maria",
                bucket="accounting",
                act=_set_policy("accounting", **_LOOKS_RIGHT),
                calls=("PutBucketPolicy", HANDED_ON),
                end=End.REMEDIATED,
                findings=((TLS, "HIGH", "DETECTED"), (TLS, "MEDIUM", "REMEDIATED")),
                reason="statement 'DenyInsecureTransport' denies only a part of them",
                over_http=True,
            ),
        ),
    ),
)
