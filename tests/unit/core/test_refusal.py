from __future__ import annotations

from reseal.core.errors import AccessDeniedError, ChangedError, NotFoundError, RefusalError, WrongRegionError
from reseal.core.outcome import Failed, SkipCause, Skipped
from reseal.core.refusal import outcome_of_refusal

READ = "s3:GetEncryptionConfiguration"


def test_a_bucket_that_is_gone_is_skipped() -> None:
    outcome = outcome_of_refusal(NotFoundError("NoSuchBucket", READ, "no such bucket"))

    assert outcome == Skipped(cause=SkipCause.GONE, reason="the bucket no longer exists")


def test_a_bucket_of_another_region_is_skipped_and_the_region_named() -> None:
    outcome = outcome_of_refusal(WrongRegionError("PermanentRedirect", READ, "moved", "eu-west-1"))

    assert outcome == Skipped(
        cause=SkipCause.ELSEWHERE, reason="the bucket is in eu-west-1: deploy Reseal there"
    )


def test_a_bucket_of_an_unnamed_region_is_skipped() -> None:
    outcome = outcome_of_refusal(WrongRegionError("301", READ, "moved", None))

    assert outcome == Skipped(
        cause=SkipCause.ELSEWHERE, reason="the bucket is in another Region: deploy Reseal there"
    )


def test_a_denied_call_fails_and_names_the_permission() -> None:
    outcome = outcome_of_refusal(AccessDeniedError("AccessDenied", READ, "explicit deny in an SCP"))

    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.denied_action) == ("AccessDenied", READ)
    assert outcome.reason.startswith(f"{READ} is denied to Reseal's role ('explicit deny in an SCP')")


def test_any_other_refusal_fails_with_what_aws_said() -> None:
    outcome = outcome_of_refusal(RefusalError("MalformedXML", READ, "bad"))

    assert outcome == Failed(code="MalformedXML", reason=f"AWS refused {READ} with MalformedXML: 'bad'")


def test_an_object_that_is_gone_is_skipped() -> None:
    outcome = outcome_of_refusal(NotFoundError("NoSuchKey", "s3:GetObject", "no such key"), "object")

    assert outcome == Skipped(cause=SkipCause.GONE, reason="the object no longer exists")


def test_an_object_that_another_writer_wrote_again_is_skipped() -> None:
    outcome = outcome_of_refusal(ChangedError("PreconditionFailed", "s3:PutObject", "If-Match"), "object")

    assert outcome == Skipped(
        cause=SkipCause.NEWER,
        reason="the object was written again since: that write has its own event",
    )


def test_where_object_lock_denies_no_permission_is_missing() -> None:
    said = "the object can't be updated because that object is protected by S3 Object Lock"
    refusal = AccessDeniedError("AccessDenied", "s3:UpdateObjectEncryption", said)

    outcome = outcome_of_refusal(refusal, "object")

    assert outcome == Failed(
        code="AccessDenied",
        reason=f"S3 Object Lock protects the object from s3:UpdateObjectEncryption: {said!r}",
    )


def test_what_a_key_denies_is_named_as_the_action_and_the_call_is_not() -> None:
    message = (
        "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: kms:Decrypt on resource: arn"
    )

    outcome = outcome_of_refusal(AccessDeniedError("AccessDenied", "s3:PutObject", message), "object")

    assert isinstance(outcome, Failed)
    assert outcome.denied_action == "kms:Decrypt"
    assert outcome.reason.startswith("kms:Decrypt is denied to Reseal's role")
    assert "a policy of the key" in outcome.reason


def test_public_policy_that_is_blocked_is_no_missing_permission() -> None:
    said = "public policies are blocked by the BlockPublicPolicy block public access setting"

    outcome = outcome_of_refusal(AccessDeniedError("AccessDenied", "s3:PutBucketPolicy", said))

    assert outcome == Failed(
        code="AccessDenied",
        reason=(
            "S3 refused s3:PutBucketPolicy, because the new bucket policy is public, as the one before, and "
            f"BlockPublicPolicy is on: {said!r}"
        ),
    )


def test_policy_that_names_a_deleted_principal_is_refused_as_a_whole() -> None:
    outcome = outcome_of_refusal(
        RefusalError("MalformedPolicy", "s3:PutBucketPolicy", "Invalid principal in policy")
    )

    assert outcome == Failed(
        code="MalformedPolicy",
        reason=(
            "S3 refused the bucket policy as a whole: it does so if a principal that it names was deleted "
            "since: 'Invalid principal in policy'"
        ),
    )
