"""Step 3: callers that lose access when an object moves to the remediation key, and its context."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

import pytest

from reseal.core.access.key_policy import KeyPolicy
from reseal.core.decision import Compliant, Decision, Manual, Remediate, Severity
from reseal.core.guards.guards import guard
from reseal.core.policy.requirements import Requirements
from reseal.core.repairs.objects.method import unreadable_context
from reseal.core.state.bucket_access import AclGrant, BucketAccess
from reseal.core.state.bucket_encryption import SseAlgorithm
from reseal.core.state.change import EncryptionChange, intended_for
from reseal.core.state.kms_key import KeyDescription
from reseal.core.state.object_encryption import ObjectEncryption
from reseal.core.state.s3_object import BucketContext, ObjectAcl
from tests.support.builders import (
    ACCOUNT,
    DSSE_KMS,
    OBJECT_ENCRYPTION,
    REGION,
    SSE_KMS,
    UNLISTED_KEY,
    K,
    a_bucket_context,
    a_key,
    an_original,
    key_arn,
    object_encryption,
    requirements,
)
from tests.support.guards import a_guarded_object, reads
from tests.unit.core.access.cases import THE_STACKS_KEY, admits, lets

AWS_MANAGED_KEY = key_arn("aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa")
TO_K = Remediate(
    change=EncryptionChange(algorithm=SSE_KMS, key_arn=K), severity=Severity.MEDIUM, reason="SSE-S3"
)
KEY = KeyPolicy(key_arn=K, document={"Statement": THE_STACKS_KEY}, account=ACCOUNT, region=REGION)
CLOSED = replace(KEY, document={"Statement": []})
PUBLIC = BucketAccess(policy_is_public=True)
PUBLIC_READ = ObjectAcl(
    owner="me",
    owner_permissions=frozenset({"FULL_CONTROL"}),
    grants=(AclGrant(grantee="http://acs.amazonaws.com/groups/global/AllUsers", permission="READ"),),
)
FRIENDS_READ = replace(PUBLIC_READ, grants=(AclGrant(grantee="fr1end", permission="READ"),))
LOGS = {"Service": f"logs.{REGION}.amazonaws.com"}
EXPORTED_TO = lets(LOGS, "s3:PutObject")
FOR_LOGS = replace(
    KEY, document={"Statement": [*THE_STACKS_KEY, *admits(LOGS, "GenerateDataKey", "Decrypt")]}
)
TO_DSSE = replace(TO_K, change=EncryptionChange(algorithm=DSSE_KMS, key_arn=K))
SSE_S3_OBJECT = object_encryption()
UNDER_AWS_S3 = object_encryption(SSE_KMS, AWS_MANAGED_KEY)
UNDER_ANOTHER = object_encryption(SSE_KMS, UNLISTED_KEY)


def guarded(
    *,
    decision: Decision = TO_K,
    before: ObjectEncryption = SSE_S3_OBJECT,
    key: KeyDescription | None = None,
    acl: ObjectAcl | None = None,
    bucket_context: BucketContext | None = None,
    required: Requirements | None = None,
    key_policy: KeyPolicy = KEY,
) -> Decision:
    context = bucket_context or a_bucket_context()
    found = a_guarded_object(before, key, acl=acl, bucket_context=context)
    answers = reads(key=a_key(K), access=context.access, policy=key_policy)
    return guard(required or requirements(), found, answers, {OBJECT_ENCRYPTION: decision})[OBJECT_ENCRYPTION]


@pytest.mark.parametrize(
    ("decision", "stopped"),
    [
        pytest.param(guarded(), None, id="only the account"),
        pytest.param(
            guarded(bucket_context=a_bucket_context(access=PUBLIC)), "without a signature", id="public bucket"
        ),
        pytest.param(guarded(acl=PUBLIC_READ), "allows public reads", id="public by its own ACL"),
        pytest.param(guarded(acl=FRIENDS_READ), "fr1end", id="another account, by its own ACL"),
        pytest.param(
            guarded(acl=PUBLIC_READ, before=UNDER_AWS_S3, key=a_key(AWS_MANAGED_KEY, manager="AWS")),
            "allows public reads",
            id="public by its own ACL, under aws/s3",
        ),
        pytest.param(
            guarded(acl=PUBLIC_READ, before=UNDER_ANOTHER, key=a_key(UNLISTED_KEY)),
            None,
            id="public by its own ACL, and locked out already",
        ),
        pytest.param(
            guarded(acl=FRIENDS_READ, before=UNDER_ANOTHER, key=a_key(UNLISTED_KEY)),
            "fr1end",
            id="another account, which the key in use may admit",
        ),
        pytest.param(
            guarded(decision=TO_DSSE, bucket_context=a_bucket_context(access=EXPORTED_TO)),
            "CloudWatch Logs",
            id="DSSE",
        ),
        pytest.param(
            guarded(bucket_context=a_bucket_context(access=EXPORTED_TO), key_policy=FOR_LOGS), None, id="SSE"
        ),
        pytest.param(
            guarded(required=requirements(callers_may_use_key=False), key_policy=CLOSED),
            "callers of this account",
            id="customer-supplied key that does not admit every caller",
        ),
    ],
)
def test_an_object_is_not_moved_if_a_caller_would_lose_access(
    decision: Decision, stopped: str | None
) -> None:
    if stopped is None:
        assert decision is TO_K
    else:
        assert isinstance(decision, Manual)
        assert decision.severity is TO_K.severity
        assert stopped in decision.reason
        assert "write the object again" in decision.recommendation


@pytest.mark.parametrize(
    "decision",
    [
        Compliant("good"),
        Manual(severity=Severity.LOW, reason="r", recommendation="w"),
        Remediate(change=EncryptionChange(algorithm=DSSE_KMS), severity=Severity.LOW, reason="weaker"),
    ],
    ids=lambda decision: type(decision).__name__,
)
def test_what_does_not_move_to_the_remediation_key_is_not_guarded(decision: Decision) -> None:
    assert guarded(decision=decision, acl=PUBLIC_READ) is decision


@pytest.mark.parametrize(
    ("found", "change", "bucket_key", "intended"),
    [
        (SSE_S3_OBJECT, EncryptionChange(algorithm=SSE_KMS, key_arn=K), True, (SSE_KMS, K, True)),
        (SSE_S3_OBJECT, EncryptionChange(algorithm=SSE_KMS, key_arn=K), False, (SSE_KMS, K, False)),
        (SSE_S3_OBJECT, EncryptionChange(algorithm=DSSE_KMS, key_arn=K), True, (DSSE_KMS, K, False)),
        (UNDER_ANOTHER, EncryptionChange(key_arn=K), True, (SSE_KMS, K, True)),
        (UNDER_ANOTHER, EncryptionChange(algorithm=DSSE_KMS), True, (DSSE_KMS, UNLISTED_KEY, False)),
    ],
    ids=["to K", "bucket without Bucket Key", "to DSSE", "other key", "own key kept"],
)
def test_an_object_gets_what_the_change_says_and_a_bucket_key_as_its_bucket_has_it(
    found: ObjectEncryption,
    change: EncryptionChange,
    bucket_key: bool,
    intended: tuple[SseAlgorithm, str, bool],
) -> None:
    given = intended_for(found, change, a_bucket_context(bucket_key=bucket_key))

    assert given == object_encryption(intended[0], intended[1], bucket_key=intended[2])


def base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def test_context_of_an_object_that_is_only_looked_at_is_unknown_and_kept() -> None:
    why = unreadable_context(replace(an_original(), context_is_unknown=True))

    assert why is not None
    assert "only the record of its write shows its encryption context" in why


@pytest.mark.parametrize(
    ("context", "readable"),
    [
        pytest.param(None, True, id="none"),
        pytest.param(base64("{}"), True, id="empty"),
        pytest.param(base64('{"department": "Gehälter"}'), True, id="spelled out"),
        pytest.param("{}", False, id="no base64"),
        pytest.param("e3!0=", False, id="base64 with something in between"),
        pytest.param("HIDDEN_DUE_TO_SECURITY_REASONS", False, id="hidden"),
        pytest.param("ä", False, id="no ASCII"),
        pytest.param(base64("department"), False, id="no JSON"),
        pytest.param(base64('["department"]'), False, id="no object"),
        pytest.param(b64encode(b"\xff\xfe\xfd").decode(), False, id="no text"),
        pytest.param(base64("[" * 100_000), False, id="too deep"),
    ],
)
def test_only_a_context_that_is_spelled_out_can_be_carried(context: str | None, readable: bool) -> None:
    why = unreadable_context(an_original(context=context))

    assert (why is None) is readable


def test_context_that_only_the_record_of_the_write_shows_cannot_be_sent() -> None:
    why = unreadable_context(replace(an_original(), context_is_unknown=True))

    assert why == "only the record of its write shows its encryption context, which a repair could lose"


FOR_OBJECTS = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "kms:*",
    "Resource": "*",
    "Condition": {"StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::*/*"}},
}


@pytest.mark.parametrize("bucket_key", [True, False])
def test_object_under_a_bucket_key_is_not_moved_to_a_key_for_objects_only(bucket_key: bool) -> None:
    key_policy = replace(KEY, document={"Statement": [*THE_STACKS_KEY, FOR_OBJECTS]})

    found = guarded(key_policy=key_policy, bucket_context=a_bucket_context(bucket_key=bucket_key))

    assert isinstance(found, Manual) is bucket_key
