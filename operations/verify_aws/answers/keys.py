"""KMS: rotation, states of keys, and its refusals as S3 passes them on."""

from __future__ import annotations

from operations.verify_aws.answers.objects import under
from operations.verify_aws.bench import Bench, until
from operations.verify_aws.measurement import ACCEPTED, Expectation, Measurement, in_a_row, outcome


def _rotation(bench: Bench) -> str:
    key, alias = bench.key("rotated"), f"alias/{bench.prefix}-rotated"
    bench.kms.create_alias(AliasName=alias, TargetKeyId=key)
    return in_a_row(
        lambda: bench.kms.enable_key_rotation(KeyId=alias),
        lambda: bench.kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=200),
    )


def _status_of_rotation(bench: Bench) -> str:
    key = bench.key("rotated")
    seen = []
    for act in (bench.kms.enable_key_rotation, bench.kms.disable_key_rotation):
        act(KeyId=key)
        status = bench.kms.get_key_rotation_status(KeyId=key)
        seen.append("period" if "RotationPeriodInDays" in status else "no period")
    return ", ".join(seen)


def _refusals_through_s3(bench: Bench) -> str:
    bucket, key = bench.bucket("key"), bench.key("stopped")
    bench.s3.put_object(Bucket=bucket, Key="k", Body=b"x", **under(key))

    def refused() -> str:
        return until(
            lambda: in_a_row(
                lambda: bench.s3.put_object(Bucket=bucket, Key="new", Body=b"x", **under(key)),
                lambda: bench.s3.get_object(Bucket=bucket, Key="k"),
            ),
            lambda codes: ACCEPTED not in codes,
        )

    bench.kms.disable_key(KeyId=key)
    disabled = refused()
    bench.kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    pending = until(refused, lambda codes: codes != disabled)
    return f"{disabled}; {pending}"


def _states(bench: Bench) -> str:
    """Of a key that is pending deletion."""
    key = bench.key("pending")
    bench.kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    until(lambda: bench.kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"], "PendingDeletion".__eq__)
    codes = in_a_row(
        lambda: bench.kms.enable_key(KeyId=key),
        lambda: bench.kms.disable_key(KeyId=key),
        lambda: bench.kms.enable_key_rotation(KeyId=key),
        lambda: bench.kms.cancel_key_deletion(KeyId=key),
    )
    after = bench.kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
    refused = outcome(lambda: bench.kms.cancel_key_deletion(KeyId=key))
    return f"{codes}, {after}, {refused}"


MEASUREMENTS = (
    Measurement(
        Expectation(
            name="turning-on-rotation",
            fact="F1",
            question="EnableKeyRotation by an alias, and by the ARN with a period of 200 days",
            expected="NotFoundException, accepted",
            extra_cost="three more keys: USD 1 a month each, by the hour, until their deletion is scheduled",
        ),
        _rotation,
    ),
    Measurement(
        Expectation(
            name="period-while-rotation-is-off",
            fact="F2",
            question="GetKeyRotationStatus while rotation is on, and after it was turned off",
            expected="period, no period",
        ),
        _status_of_rotation,
    ),
    Measurement(
        Expectation(
            name="refusals-of-a-key-through-s3",
            fact="F9",
            question="PutObject and GetObject under a disabled key; under one pending deletion",
            expected="KMS.DisabledException, KMS.DisabledException; "
            "KMS.KMSInvalidStateException, KMS.KMSInvalidStateException",
        ),
        _refusals_through_s3,
    ),
    Measurement(
        Expectation(
            name="key-pending-deletion",
            fact="F16",
            question="EnableKey, DisableKey, EnableKeyRotation and CancelKeyDeletion of a key pending "
            "deletion; its state then; CancelKeyDeletion again",
            expected="KMSInvalidStateException, KMSInvalidStateException, KMSInvalidStateException, "
            "accepted, Disabled, KMSInvalidStateException",
        ),
        _states,
    ),
)
