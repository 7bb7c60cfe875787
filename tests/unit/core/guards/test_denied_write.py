"""Step 3: a bucket policy that demands another encryption of every writer stops the remediation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reseal.core.decision import Compliant, Decision, Manual, Remediate, Severity
from reseal.core.guards.denied_write import guard_own_write
from reseal.core.resource import BucketResource, ObjectResource, S3Resource
from reseal.core.state.bucket_access import BucketAccess
from reseal.core.state.change import EncryptionChange
from tests.support.builders import (
    ACCOUNT,
    BUCKET,
    DSSE_KMS,
    SSE_KMS,
    TEAM_KEY,
    K,
    encryption,
    object_encryption,
    requirements,
)
from tests.support.guards import a_guarded_bucket, a_guarded_object, reads

SSE = "s3:x-amz-server-side-encryption"
KEY_ID = f"{SSE}-aws-kms-key-id"
SSE_C = f"{SSE}-customer-algorithm"
TO_K = Remediate(
    change=EncryptionChange(algorithm=SSE_KMS, key_arn=K), severity=Severity.HIGH, reason="SSE-S3"
)
TO_DSSE = replace(TO_K, change=EncryptionChange(algorithm=DSSE_KMS, key_arn=K))
ALL = f"arn:aws:s3:::{BUCKET}/*"
THE_BUCKET = BucketResource(bucket=BUCKET)
OBJECT = ObjectResource(bucket=BUCKET, object_key="in/a.csv")
PARTNER = "arn:aws:iam::444455556666:root"


def denies(condition: object, **changed: Any) -> dict[str, Any]:
    """A bucket policy with one Deny on PutObject."""
    statement = {
        "Sid": "Demand",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": ALL,
        "Condition": condition,
    }
    return {"Version": "2012-10-17", "Statement": [statement | changed]}


def guarded(
    bucket_policy: dict[str, Any] | None,
    resource: S3Resource = THE_BUCKET,
    algorithm: str = SSE_KMS,
) -> Any:
    decision = TO_K if algorithm == SSE_KMS else TO_DSSE
    return stopped(decision, bucket_policy, resource)


def stopped(decision: Decision, bucket_policy: dict[str, Any] | None, resource: S3Resource) -> Any:
    is_object = isinstance(resource, ObjectResource)
    found = a_guarded_object(object_encryption()) if is_object else a_guarded_bucket(encryption())
    answers = reads(access=BucketAccess(policy=bucket_policy))
    return guard_own_write(requirements(), replace(found, resource=resource), answers, {"check": decision})[
        "check"
    ]


DENIED = {
    "SSE-S3 demanded": denies({"StringNotEquals": {SSE: "AES256"}}),
    "SSE-S3 demanded, if a header is sent": denies({"StringNotEqualsIfExists": {SSE: "AES256"}}),
    "DSSE demanded": denies({"StringNotEquals": {SSE: ["aws:kms:dsse"]}}),
    "KMS forbidden": denies({"StringLike": {SSE: "aws:kms*"}}),
    "header forbidden": denies({"Null": {SSE: "false"}}),
    "another key demanded": denies({"StringNotEquals": {KEY_ID: TEAM_KEY}}),
    "another key demanded, as a pattern": denies({"ArnNotLikeIfExists": {KEY_ID: f"{TEAM_KEY[:-4]}*"}}),
    "key forbidden": denies({"StringEquals": {KEY_ID: K}}),
    "SSE-C demanded": denies({"Null": {SSE_C: "true"}}),
    "every action": denies({"StringNotEquals": {SSE: "AES256"}}, Action="s3:*"),
    "only this account": denies({"StringNotEquals": {SSE: "AES256"}}, Principal={"AWS": ACCOUNT}),
    "a condition that cannot be settled besides": denies(
        {"StringNotEquals": {SSE: "AES256"}, "NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    ),
    "an unknown operator": denies({"StringSounds": {SSE: "AES256"}}),
    "everyone but one role": denies({"StringNotEquals": {SSE: "AES256"}})
    | {
        "Statement": [
            {
                "Effect": "Deny",
                "NotPrincipal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/etl"},
                "Action": "s3:PutObject",
                "Resource": ALL,
                "Condition": {"StringNotEquals": {SSE: "AES256"}},
            }
        ]
    },
    "the second of two": {
        "Statement": [
            denies({"Null": {SSE: "true"}})["Statement"][0],
            denies({"StringNotEquals": {SSE: "AES256"}})["Statement"][0],
        ]
    },
}

ADMITTED = {
    "no policy": None,
    "empty": {},
    "KMS demanded": denies({"StringNotEquals": {SSE: "aws:kms"}}),
    "KMS or DSSE demanded": denies({"StringNotLike": {SSE: "aws:kms*"}}),
    "a header demanded": denies({"Null": {SSE: "true"}}),
    "this key demanded": denies({"StringNotEquals": {KEY_ID: K}}),
    "one of several keys demanded": denies({"StringNotEqualsIfExists": {KEY_ID: [TEAM_KEY, K]}}),
    "SSE-C forbidden": denies({"Null": {SSE_C: "false"}}),
    "only a partner": denies({"StringNotEquals": {SSE: "AES256"}}, Principal={"AWS": PARTNER}),
    "only a partner, by condition": denies(
        {"StringNotEquals": {SSE: "AES256"}, "StringEquals": {"aws:PrincipalAccount": "444455556666"}}
    ),
    "another action": denies({"StringNotEquals": {SSE: "AES256"}}, Action="s3:GetObject"),
    "another bucket": denies({"StringNotEquals": {SSE: "AES256"}}, Resource="arn:aws:s3:::ledger/*"),
    "an Allow that demands a header": denies({"StringEquals": {SSE: "AES256"}}, Effect="Allow"),
    "TLS": denies({"Bool": {"aws:SecureTransport": "false"}}),
    "no header in the condition": denies({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}),
    "no statement": {"Statement": ["not a statement"]},
}


@pytest.mark.parametrize("bucket_policy", DENIED.values(), ids=DENIED.keys())
@pytest.mark.parametrize("resource", [THE_BUCKET, OBJECT], ids=["bucket", "object"])
def test_denied_encryption_is_manual(bucket_policy: dict[str, Any], resource: S3Resource) -> None:
    decision = guarded(bucket_policy, resource)

    assert isinstance(decision, Manual)
    assert decision.severity is TO_K.severity
    assert K in decision.reason


@pytest.mark.parametrize("bucket_policy", ADMITTED.values(), ids=ADMITTED.keys())
@pytest.mark.parametrize("resource", [THE_BUCKET, OBJECT], ids=["bucket", "object"])
def test_admitted_encryption_is_written(bucket_policy: dict[str, Any] | None, resource: S3Resource) -> None:
    assert guarded(bucket_policy, resource) is TO_K


def test_statement_is_named_by_number_and_sid() -> None:
    decision = guarded(DENIED["the second of two"])

    assert "statement 2 ('Demand') of the bucket policy denies writes" in decision.reason


def test_statement_without_a_sid_is_named_by_number() -> None:
    assert "because statement 1 of the bucket policy" in guarded(DENIED["everyone but one role"]).reason


def test_long_sid_is_cut() -> None:
    decision = guarded(denies({"StringNotEquals": {SSE: "AES256"}}, Sid="x" * 5000))

    assert len(decision.reason) < 500  # the rest of the sentence


def test_deny_below_another_prefix_stops_the_bucket_and_not_the_object() -> None:
    bucket_policy = denies({"StringNotEquals": {SSE: "AES256"}}, Resource=f"arn:aws:s3:::{BUCKET}/out/*")

    assert isinstance(guarded(bucket_policy), Manual)
    assert guarded(bucket_policy, OBJECT) is TO_K


def test_required_dsse_is_denied_where_sse_kms_is_demanded() -> None:
    bucket_policy = denies({"StringNotEquals": {SSE: "aws:kms"}})

    assert isinstance(guarded(bucket_policy, algorithm=DSSE_KMS), Manual)


def test_compliant_decision_stays() -> None:
    compliant = Compliant("under K")
    bucket_policy = DENIED["SSE-S3 demanded"]

    decision = stopped(compliant, bucket_policy, THE_BUCKET)

    assert decision is compliant
