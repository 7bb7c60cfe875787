"""The evaluator against the judge: no caller that it calls admitted may be refused."""

from __future__ import annotations

import os
import random
from typing import Any

import pytest

from reseal.core.access.impact import impact_of
from reseal.core.access.key_policy import KeyPolicy
from reseal.core.state.bucket_access import BucketAccess
from tests.unit.core.access.judge import BUCKET, KEY, OWN, PARTNER, SERVICES, SOURCES, THIRD, refused

SOURCE_ARNS = [arn for _, arn in SOURCES]
PRINCIPALS: list[Any] = [
    "*",
    {"AWS": "*"},
    *(
        {"AWS": f"arn:aws:iam::{one}:{name}"}
        for one in (OWN, PARTNER)
        for name in ("root", "role/etl", "user/ann")
    ),
    {"AWS": [PARTNER, THIRD]},
    {"AWS": f"arn:aws:sts::{PARTNER}:assumed-role/etl/s"},
    {"AWS": f"arn:aws:iam::{PARTNER}:role/ops/other"},
    *({"Service": service} for service in SERVICES),
    {"Service": list(SERVICES)},
]
A_FEW_ARNS = ["arn:aws:logs:*:*:*", "arn:aws:config:*:444455556666:?"]
VALUES: dict[str, list[Any]] = {
    "aws:SourceAccount": [OWN, PARTNER, [OWN, PARTNER], "${aws:ResourceAccount}"],
    "aws:SourceArn": [*SOURCE_ARNS[:5], "arn:aws:logs:*:111122223333:*", "arn:aws:cloudfront:*", A_FEW_ARNS],
    "aws:PrincipalAccount": [OWN, PARTNER, [PARTNER, THIRD], "${aws:ResourceAccount}", "4444*"],
    "aws:PrincipalArn": [
        f"arn:aws:iam::{PARTNER}:role/etl",
        f"arn:aws:iam::{PARTNER}:role/*",
        f"arn:aws:iam::{OWN}:*",
        "arn:aws:iam::${aws:PrincipalAccount}:role/etl",
    ],
    "aws:PrincipalOrgID": ["o-1", ["o-1", "o-2"], "O-1"],
    "aws:PrincipalIsAWSService": ["true", "false", True, False],
    "aws:PrincipalServiceName": [SERVICES[0], list(SERVICES[:2]), "logs.amazonaws.com"],
}
OF_S3 = {"aws:SourceVpce": ["vpce-1", "vpce-2"], "aws:SecureTransport": ["true", "false", False]}
OF_KMS: dict[str, list[Any]] = {
    "kms:ViaService": ["s3.us-east-1.amazonaws.com", "s3.*.amazonaws.com", "sqs.us-east-1.amazonaws.com"],
    "kms:CallerAccount": [OWN, PARTNER, [OWN, PARTNER], "*"],
    "aws:SecureTransport": ["true", "false", True],
    "kms:EncryptionContext:aws:s3:arn": [f"{BUCKET}/*", [BUCKET, f"{BUCKET}/*"], "arn:aws:s3:::*"],
    "aws:ViaAWSService": ["true", "false"],
}
STRINGS = ["StringEquals", "StringLike", "StringEqualsIgnoreCase", "StringNotEquals", "StringNotLike",
           "StringNotEqualsIgnoreCase", "StringEqualsIfExists", "StringNotEqualsIfExists"]  # fmt: skip
ARNS = ["ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEqualsIfExists", "StringLike", "StringEquals"]


class Author:
    """Writes policies by chance, from what the two policies can distinguish."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def pair(self) -> tuple[dict[str, Any], dict[str, Any]]:
        own = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*",
               "Condition": {"StringEquals": {"kms:CallerAccount": OWN}}}  # fmt: skip
        bucket = [self.bucket_statement("Allow"), *self.some(self.bucket_statement)]
        bucket += [self.perimeter()] if self.chance.random() < 0.1 else []
        key = [own, self.key_statement("Allow"), *self.some(self.key_statement)]
        return tuple({"Version": "2012-10-17", "Statement": one} for one in (bucket, key))  # type: ignore[return-value]

    def some(self, write: Any) -> list[dict[str, Any]]:
        return [write(self.chance.choice(("Allow", "Deny"))) for _ in range(self.chance.randrange(3))]

    def bucket_statement(self, effect: str) -> dict[str, Any]:
        actions = self.chance.choice(["s3:*", "s3:GetObject", "s3:PutObject", ["s3:Get*", "s3:put?bject"]])
        where = self.chance.choice(
            [f"{BUCKET}/*", f"{BUCKET}/*", [BUCKET, f"{BUCKET}/*"], f"{BUCKET}/logs/*", "*"]
        )
        principal = self.chance.choice(PRINCIPALS[2:] if effect == "Allow" else PRINCIPALS)
        if effect == "Allow" and self.chance.random() < 0.2:
            principal = "*"
        return self.finished(effect, principal, actions, where, VALUES | OF_S3)

    def perimeter(self) -> dict[str, Any]:
        """A Deny that spares one account and the services of a kind."""
        conditions = {"StringNotEqualsIfExists": {"aws:PrincipalAccount": self.chance.choice((OWN, PARTNER))}}
        key = self.chance.choice([one for one in VALUES if not one.startswith("aws:PrincipalA")])
        spared = self.chance.choice(VALUES[key])
        operator = self.chance.choice(("BoolIfExists", "StringNotEqualsIfExists", "ArnNotLikeIfExists"))
        conditions.setdefault(operator, {})[key] = spared
        return {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": "*",
            "Condition": conditions,
        }

    def key_statement(self, effect: str) -> dict[str, Any]:
        actions = self.chance.choice(
            ["kms:*", ["kms:Decrypt", "kms:GenerateDataKey*"], "kms:Decrypt", "kms:Put*"]
        )
        where = self.chance.choice(["*", "*", "*", KEY, "arn:aws:kms:*:111122223333:key/*", f"{KEY}0"])
        return self.finished(effect, self.chance.choice(PRINCIPALS), actions, where, VALUES | OF_KMS)

    def finished(
        self, effect: str, principal: Any, actions: Any, where: Any, values: dict[str, list[Any]]
    ) -> dict[str, Any]:
        prefix = "Not" if self.chance.random() < 0.08 else ""
        statement = {"Effect": effect, "Principal": principal, f"{prefix}Action": actions, "Resource": where}
        conditions: dict[str, dict[str, Any]] = {}
        for _ in range(self.chance.choice((0, 0, 1, 1, 2))):
            key = self.chance.choice(list(values))
            conditions.setdefault(self.operator(key), {})[key] = self.chance.choice(values[key])
        return statement | ({"Condition": conditions} if conditions else {})

    def operator(self, key: str) -> str:
        if self.chance.random() < 0.05:
            return "Null"
        if key in ("aws:PrincipalIsAWSService", "aws:SecureTransport", "aws:ViaAWSService"):
            return self.chance.choice(("Bool", "BoolIfExists"))
        return self.chance.choice(ARNS if "Arn" in key else STRINGS)


def says_nobody(bucket: dict[str, Any], key: dict[str, Any]) -> bool:
    access = BucketAccess(policy=bucket)
    policy = KeyPolicy(key_arn=KEY, document=key, account=OWN, region="us-east-1")
    return not impact_of(access, policy, "aws:kms")


PAIRS = int(os.environ.get("RESEAL_POLICY_PAIRS", "1000"))
AUTHORS = 10


@pytest.mark.parametrize("seed", range(AUTHORS))
def test_nobody_who_is_called_admitted_is_refused(seed: int) -> None:
    author = Author(seed)
    for _ in range(PAIRS // AUTHORS):
        bucket, key = author.pair()
        if says_nobody(bucket, key):
            assert refused(bucket, key) == [], (bucket, key)


def test_the_judge_is_asked_often_enough() -> None:
    author = Author(0)
    asked = sum(says_nobody(*author.pair()) for _ in range(100))

    assert asked >= 10
