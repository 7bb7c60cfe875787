"""Policies of buckets: what S3 takes and answers, and which text stands for a key in their conditions."""

from __future__ import annotations

import json
from typing import Any

from operations.verify_aws.answers.objects import under
from operations.verify_aws.bench import Bench, allow, until
from operations.verify_aws.measurement import ACCEPTED, Expectation, Measurement, in_a_row, outcome

_KEY_ID = "s3:x-amz-server-side-encryption-aws-kms-key-id"
_MOST_BYTES = 20_480


def _arn(bench: Bench, bucket: str) -> str:
    return f"arn:{bench.clients.partition}:s3:::{bucket}"


def _put(bench: Bench, bucket: str, *statements: Any) -> Any:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return bench.s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document, separators=(",", ":")))


def _of_own_account(bench: Bench, bucket: str, **more: Any) -> dict[str, Any]:
    return allow(
        "s3:GetObject", resource=f"{_arn(bench, bucket)}/*", Principal={"AWS": bench.clients.account}, **more
    )


def _refusals(bench: Bench) -> str:
    bucket = bench.bucket("policy")
    statement = _of_own_account(bench, bucket)
    nobody = f"arn:{bench.clients.partition}:iam::{bench.clients.account}:role/{bench.prefix}-none"
    public = {**statement, "Principal": "*"}
    return in_a_row(
        lambda: _put(bench, bucket, {**statement, "Resource": f"{_arn(bench, f'{bucket}-other')}/*"}),
        lambda: _put(bench, bucket, {**statement, "Principal": {"AWS": nobody}}),
        lambda: _put(bench, bucket, public),
        lambda: _put(bench, bucket, {**statement, "Sid": "a name with spaces"}),
    )


def _too_large(bench: Bench) -> str:
    bucket = bench.bucket("policy")
    condition = {"StringNotEquals": {"aws:PrincipalTag/x": "x" * _MOST_BYTES}}
    return outcome(lambda: _put(bench, bucket, _of_own_account(bench, bucket, Condition=condition)))


def _wildcard(bench: Bench) -> str:
    bucket = bench.bucket("policy")
    statement = _of_own_account(bench, bucket)
    return outcome(lambda: _put(bench, bucket, {**statement, "Resource": f"{_arn(bench, bucket[:-1])}?/*"}))


def _same_text(bench: Bench) -> str:
    bucket = bench.bucket("policy")
    put = {
        "Version": "2012-10-17",
        "Statement": [
            _of_own_account(
                bench,
                bucket,
                Sid="One",
                Condition={
                    "Bool": {"aws:SecureTransport": "false"},
                    "NumericLessThan": {"s3:TlsVersion": 1.2},
                },
            )
        ],
    }
    text = json.dumps(put, indent=1)
    bench.s3.put_bucket_policy(Bucket=bucket, Policy=text)
    found = bench.s3.get_bucket_policy(Bucket=bucket)["Policy"]
    if found == text:
        return "the same text"
    return "the same document" if json.loads(found) == put else "another document"


def _deleted_principal(bench: Bench) -> str:
    """The principal in the policy before and after its role is deleted, and the next policy that names it."""
    iam, name, bucket = bench.clients("iam"), f"{bench.prefix}-deleted", bench.bucket("policy")
    trust = {**allow("sts:AssumeRole", Principal={"AWS": bench.clients.account})}
    del trust["Resource"]
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]
    statement = {**_of_own_account(bench, bucket), "Principal": {"AWS": role["Arn"]}}
    until(lambda: outcome(lambda: _put(bench, bucket, statement)), ACCEPTED.__eq__)
    iam.delete_role(RoleName=name)
    shown = until(lambda: _principal(bench, bucket), role["RoleId"].__eq__)
    again = outcome(lambda: _put(bench, bucket, {**statement, "Principal": {"AWS": shown}}))
    return f"{'its id' if shown == role['RoleId'] else 'its ARN'}, {again}"


def _principal(bench: Bench, bucket: str) -> str:
    policy = json.loads(bench.s3.get_bucket_policy(Bucket=bucket)["Policy"])
    return str(policy["Statement"][0]["Principal"]["AWS"])


def _text_of_a_key(bench: Bench) -> str:
    """Writes with a key by ARN, id and alias, where a policy denies all but the text that is asked."""
    key, alias = bench.key("main"), f"alias/{bench.prefix}-condition"
    bench.kms.create_alias(AliasName=alias, TargetKeyId=key)
    seen = []
    for given in (key, key.rpartition("/")[2], alias):
        bucket = bench.bucket("policy")
        texts = {"as sent": given, "the ARN": key}
        taken = [name for name, text in texts.items() if _taken(bench, bucket, given, text)]
        seen.append(taken[0] if taken else "neither")
    return ", ".join(seen)


def _taken(bench: Bench, bucket: str, given: str, text: str) -> bool:
    """Whether a write under `given` passes a Deny of all keys but `text`. Without a key none does."""
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"{_arn(bench, bucket)}/*",
        "Condition": {"StringNotEquals": {_KEY_ID: text}},
    }
    _put(bench, bucket, deny)
    until(
        lambda: outcome(lambda: bench.s3.put_object(Bucket=bucket, Key="k", Body=b"x")), "AccessDenied".__eq__
    )
    return outcome(lambda: bench.s3.put_object(Bucket=bucket, Key="k", Body=b"x", **under(given))) == ACCEPTED


MEASUREMENTS = (
    Measurement(
        Expectation(
            name="refused-policies",
            fact="E25",
            question="A policy with another bucket's ARN, with a principal that does not exist, a public one "
            "under BlockPublicPolicy, one with spaces in its Sid",
            expected="MalformedPolicy, MalformedPolicy, AccessDenied, accepted",
        ),
        _refusals,
    ),
    Measurement(
        Expectation(
            name="too-large-policy",
            fact="E25",
            question="The refusal of a policy over 20,480 bytes",
            expected="MalformedPolicy",
        ),
        _too_large,
    ),
    Measurement(
        Expectation(
            name="wildcard-in-the-bucket",
            fact="E25",
            question="A policy whose resource has a wildcard in the bucket's name",
            expected="accepted",
        ),
        _wildcard,
    ),
    Measurement(
        Expectation(
            name="text-of-a-policy",
            fact="E26",
            question="GetBucketPolicy against what was put",
            expected="the same text",
        ),
        _same_text,
    ),
    Measurement(
        Expectation(
            name="deleted-principal",
            fact="E26",
            question="How a policy shows a role that was deleted, and the next policy that still names it",
            expected="its id, MalformedPolicy",
        ),
        _deleted_principal,
    ),
    Measurement(
        Expectation(
            name="text-of-a-key",
            fact="F14",
            question="Which text the condition key holds for a key sent by ARN, id and alias",
            expected="as sent, as sent, as sent",
        ),
        _text_of_a_key,
    ),
)
