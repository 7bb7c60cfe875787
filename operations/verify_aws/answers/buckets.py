"""Default encryption of buckets and the SSE-C block."""

from __future__ import annotations

from functools import partial
from typing import Any

from operations.verify_aws.bench import Bench, until
from operations.verify_aws.measurement import Expectation, Measurement, in_a_row, outcome

CUSTOMER_KEY = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
_BLOCKED = {"EncryptionType": ["SSE-C"]}
_DEFAULT = "ApplyServerSideEncryptionByDefault"


def _block(rule: dict[str, Any]) -> str:
    return ", ".join(rule.get("BlockedEncryptionTypes", {}).get("EncryptionType", [])) or "no block"


def _new_default(bench: Bench) -> str:
    rule = bench.rule(bench.bucket("new"))
    return f"{rule[_DEFAULT]['SSEAlgorithm']}, Bucket Key {'on' if rule.get('BucketKeyEnabled') else 'off'}"


def _new_block(bench: Bench) -> str:
    return _block(bench.rule(bench.bucket("new")))


def _kept_by_put(bench: Bench) -> str:
    bucket = bench.bucket("block")
    bench.default(bucket, "AES256", BlockedEncryptionTypes=_BLOCKED)
    until(lambda: bench.rule(bucket), lambda rule: "BlockedEncryptionTypes" in rule)
    bench.default(bucket, "AES256", BucketKeyEnabled=True)
    return _block(until(lambda: bench.rule(bucket), lambda rule: bool(rule.get("BucketKeyEnabled"))))


def _kept_by_delete(bench: Bench) -> str:
    bucket = bench.bucket("block")
    bench.default(bucket, "aws:kms", bench.key("main"), BlockedEncryptionTypes=_BLOCKED)
    until(lambda: bench.rule(bucket), lambda rule: rule[_DEFAULT]["SSEAlgorithm"] == "aws:kms")
    bench.s3.delete_bucket_encryption(Bucket=bucket)
    return _block(
        until(lambda: bench.rule(bucket), lambda rule: bool(rule[_DEFAULT]["SSEAlgorithm"] == "AES256"))
    )


def _one_rule(bench: Bench) -> str:
    bucket = bench.bucket("rules")
    rule = {_DEFAULT: {"SSEAlgorithm": "AES256"}}
    with_key = {_DEFAULT: {"SSEAlgorithm": "AES256", "KMSMasterKeyID": bench.key("main")}}

    def put(*rules: dict[str, Any]) -> Any:
        configuration = {"Rules": list(rules)}
        return bench.s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=configuration)

    return in_a_row(put, lambda: put(rule, rule), lambda: put(with_key))


def _only_a_block(bench: Bench) -> str:
    bucket = bench.bucket("block")
    configuration = {"Rules": [{"BlockedEncryptionTypes": _BLOCKED}]}
    return outcome(
        lambda: bench.s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=configuration)
    )


def _blocked_write(bench: Bench) -> str:
    bucket = bench.bucket("block")
    bench.default(bucket, "AES256", BlockedEncryptionTypes=_BLOCKED)
    return until(
        lambda: outcome(lambda: bench.s3.put_object(Bucket=bucket, Key="k", Body=b"x", **CUSTOMER_KEY)),
        "AccessDenied".__eq__,
    )


def _unknown_key(bench: Bench) -> str:
    bucket, key = bench.bucket("key"), bench.key("main")
    unknown = f"{key.rpartition('/')[0]}/00000000-0000-4000-8000-000000000000"
    put = outcome(lambda: bench.default(bucket, "aws:kms", unknown))
    write = until(
        lambda: outcome(lambda: bench.s3.put_object(Bucket=bucket, Key="k", Body=b"x")),
        lambda code: code.startswith("KMS."),
    )
    return f"{put}, {write}"


def _as_put(bench: Bench) -> str:
    key, seen = bench.key("main"), []
    alias = f"alias/{bench.prefix}-stored"
    bench.kms.create_alias(AliasName=alias, TargetKeyId=key)
    for given in (key, key.rpartition("/")[2], alias):
        bucket = bench.bucket("key")
        bench.default(bucket, "aws:kms", given)
        rule = until(partial(bench.rule, bucket), lambda rule: rule[_DEFAULT]["SSEAlgorithm"] == "aws:kms")
        seen.append("as put" if rule[_DEFAULT].get("KMSMasterKeyID") == given else "changed")
    return ", ".join(seen)


MEASUREMENTS = (
    Measurement(
        Expectation(
            name="default-of-a-new-bucket",
            fact="E2",
            question="GetBucketEncryption of a bucket that was never configured",
            expected="AES256, Bucket Key off",
        ),
        _new_default,
    ),
    Measurement(
        Expectation(
            name="block-of-a-new-bucket",
            fact="E7",
            question="What encryption a new bucket blocks",
            expected="SSE-C",
        ),
        _new_block,
    ),
    Measurement(
        Expectation(
            name="put-without-the-block",
            fact="E5",
            question="The block after a PutBucketEncryption that does not name it",
            expected="SSE-C",
        ),
        _kept_by_put,
    ),
    Measurement(
        Expectation(
            name="delete-and-the-block",
            fact="E8",
            question="The block after DeleteBucketEncryption",
            expected="SSE-C",
        ),
        _kept_by_delete,
    ),
    Measurement(
        Expectation(
            name="one-rule",
            fact="E4",
            question="PutBucketEncryption with no rule, with two, and with a key beside AES256",
            expected="MalformedXML, MalformedXML, InvalidArgument",
        ),
        _one_rule,
    ),
    Measurement(
        Expectation(
            name="only-a-block",
            fact="E6",
            question="PutBucketEncryption with a rule that only blocks SSE-C",
            expected="accepted",
        ),
        _only_a_block,
    ),
    Measurement(
        Expectation(
            name="blocked-write",
            fact="E6",
            question="PutObject under SSE-C where it is blocked",
            expected="AccessDenied",
        ),
        _blocked_write,
    ),
    Measurement(
        Expectation(
            name="unknown-key",
            fact="E9",
            question="PutBucketEncryption with a key that does not exist, then PutObject",
            expected="accepted, KMS.NotFoundException",
        ),
        _unknown_key,
    ),
    Measurement(
        Expectation(
            name="key-as-put",
            fact="E10",
            question="How GetBucketEncryption answers a key put by ARN, id and alias",
            expected="as put, as put, as put",
        ),
        _as_put,
    ),
)
