"""Short helpers for the policies of the tests."""

from __future__ import annotations

from typing import Any

USE = ["kms:Decrypt", "kms:GenerateDataKey"]


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(actions: str | list[str], resource: str = "*", **principal: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **principal}


def aws(*arns: str) -> dict[str, Any]:
    return {"Principal": {"AWS": list(arns)}}


def root(account: str) -> str:
    return f"arn:aws:iam::{account}:root"
