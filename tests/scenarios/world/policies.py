"""Statements of bucket policies and key policies."""

from __future__ import annotations

from typing import Any

from tests.scenarios.world.aws.account import ACCOUNT
from tests.scenarios.world.names import BUCKET

Statement = dict[str, Any]
USE = ("kms:Decrypt", "kms:GenerateDataKey")
THROUGH_S3 = {"kms:CallerAccount": ACCOUNT, "kms:ViaService": "s3.us-east-1.amazonaws.com"}


def allow(principal: Any, *actions: str, resource: str = "*", **condition: Any) -> Statement:
    return _statement("Allow", principal, actions, resource, condition)


def deny(principal: Any, *actions: str, resource: str = "*", **condition: Any) -> Statement:
    return _statement("Deny", principal, actions, resource, condition)


def admits(principal: Any, *actions: str, **condition: Any) -> Statement:
    """A statement of the bucket's policy on its objects."""
    return allow(principal, *(actions or ("s3:GetObject",)), resource=f"arn:aws:s3:::{BUCKET}/*", **condition)


def aws(*principals: str) -> dict[str, Any]:
    return {"AWS": list(principals)}


def service(name: str) -> dict[str, str]:
    return {"Service": f"{name}.amazonaws.com"}


def root(account: str = ACCOUNT) -> dict[str, Any]:
    return aws(f"arn:aws:iam::{account}:root")


def policy(*statements: Statement) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def own_callers(**condition: Any) -> Statement:
    """The key's statement that admits every caller of this account, under other conditions."""
    return allow(aws("*"), *USE, **(condition or {"StringEquals": THROUGH_S3}))


def administered() -> Statement:
    """The key's statement that only administers."""
    return allow(root(), "kms:DescribeKey", "kms:GetKeyPolicy", "kms:PutKeyPolicy")


def _statement(
    effect: str, principal: Any, actions: tuple[str, ...], resource: str, condition: Any
) -> Statement:
    statement = {"Effect": effect, "Principal": principal, "Action": list(actions), "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})
