"""Key policies with conditions on the encryption context, which a Bucket Key changes."""

from __future__ import annotations

from typing import Any

import pytest

from reseal.core.access.key_policy import KeyPolicy
from reseal.core.checks.catalogue import Decisions
from reseal.core.decision import Compliant, Decision, Manual, Remediate, Severity
from reseal.core.guards.encryption_context import Contexts, NewContext, new_context, unless_bound_to_context
from reseal.core.policy.requirements import Mode
from reseal.core.resource import BucketResource, ObjectResource
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.change import EncryptionChange
from tests.support.builders import (
    ACCOUNT,
    BUCKET_KEY,
    DEFAULT_ENCRYPTION,
    DEFAULT_MODES,
    DSSE_KMS,
    REGION,
    SSE_KMS,
    TEAM_KEY,
    K,
    a_key,
    encryption,
    requirements,
)
from tests.support.guards import a_guarded_bucket
from tests.unit.core.access.cases import THE_STACKS_KEY

ARN, OBJECTS = "arn:aws:s3:::payroll", "arn:aws:s3:::payroll/*"
CONTEXT, CONTEXT_KEYS = "kms:EncryptionContext:aws:s3:arn", "kms:EncryptionContextKeys"
TURNS_ON = Remediate(change=EncryptionChange(bucket_key=True), severity=Severity.LOW, reason="it is off")
TO_K = Remediate(
    change=EncryptionChange(algorithm=SSE_KMS, key_arn=K, bucket_key=True),
    severity=Severity.HIGH,
    reason="it was lowered",
)
UNDER_A_BUCKET_KEY = Contexts(resource=BucketResource(bucket="payroll"), bucket_key=True)


def statement(
    operator: str,
    value: Any,
    *,
    key: str = CONTEXT,
    effect: str = "Allow",
    action: Any = "kms:*",
    **more: Any,
) -> dict[str, Any]:
    condition = {"Condition": {operator: {key: value}}}
    return {
        "Effect": effect,
        "Principal": {"AWS": "*"},
        "Action": action,
        "Resource": "*",
        **condition,
        **more,
    }


def a_key_policy(*statements: Any, readable: bool = True) -> KeyPolicy:
    document = {"Version": "2012-10-17", "Statement": [*THE_STACKS_KEY, *statements]} if readable else None
    return KeyPolicy(key_arn=K, document=document, account=ACCOUNT, region=REGION)


def guarded(
    *statements: Any, decision: Decision = TURNS_ON, contexts: Contexts = UNDER_A_BUCKET_KEY
) -> Decision:
    return unless_bound_to_context(decision, a_key_policy(*statements), contexts)


DENY = {"effect": "Deny"}
OF_OBJECTS = {"StringLike": {CONTEXT: OBJECTS}}
VIA_ITS_OWN_REGION = {"StringEquals": {"kms:ViaService": "s3.${aws:RequestedRegion}.amazonaws.com"}}
VIA_ANOTHER_REGION = {"StringEquals": {"kms:ViaService": "s3.eu-north-1.amazonaws.com"}}
BOUND = [
    statement("StringLike", OBJECTS),
    statement("ArnLike", OBJECTS),
    statement("StringEquals", f"{ARN}/a.csv"),
    statement("ForAnyValue:StringLike", OBJECTS),
    statement("StringLike", OBJECTS, key=CONTEXT.lower(), action=["KMS:decrypt"]),
    statement("StringLike", OBJECTS, action="kms:GenerateDataKey"),
    statement("StringNotEquals", ARN),
    statement("StringLike", ["arn:aws:s3:::logs", OBJECTS]),
    statement("StringLike", "arn:aws:s3:::${aws:PrincipalTag/bucket}/*"),
    statement("StringLike", {}),
    statement("Unheard", OBJECTS),
    statement("StringEquals", "payroll", key="kms:EncryptionContext:department"),
    statement("ForAnyValue:StringEquals", ["department"], key=CONTEXT_KEYS),
    statement("StringEquals", "aws:s3:arn", key=CONTEXT_KEYS),
    statement("StringNotLike", OBJECTS, **DENY),
    statement("ArnNotLike", OBJECTS, **DENY),
    statement("StringLike", f"{ARN}/secret/*", **DENY),
    statement("StringEquals", ARN, **DENY),
    statement("ForAnyValue:StringEquals", "department", key=CONTEXT_KEYS, **DENY),
    statement("StringLike", OBJECTS) | {"Effect": "?"},
    statement("StringLike", OBJECTS, Condition={**OF_OBJECTS, **VIA_ITS_OWN_REGION}),
    statement("StringLike", OBJECTS, Resource=[f"{K}2", "arn:aws:kms:*:*:key/*"]),
    statement(
        "StringLike",
        OBJECTS,
        Condition={**OF_OBJECTS, "StringLike": {CONTEXT: OBJECTS, "kms:ViaService": "s3.*"}},
    ),
]
FREE = [
    statement("StringLike", 7),
    statement("StringLike", [ARN, OBJECTS]),
    statement("StringLike", f"{ARN}*"),
    statement("StringLike", "*"),
    statement("StringEqualsIfExists", ARN),
    statement("StringEquals", ARN),
    statement("StringLike", "arn:aws:s3:::other/*"),
    statement("StringNotLike", "arn:aws:s3:::other/*"),
    statement("StringLike", OBJECTS, action=["kms:CreateGrant", "kms:DescribeKey"]),
    statement("StringEquals", f"s3.{REGION}.amazonaws.com", key="kms:ViaService"),
    statement("ForAllValues:StringEquals", "aws:s3:arn", key=CONTEXT_KEYS),
    statement("Null", "false"),
    statement("StringNotLike", [ARN, OBJECTS], **DENY),
    statement("StringNotLike", f"{ARN}*", **DENY),
    statement("StringLike", "arn:aws:s3:::other*", **DENY),
    statement("Null", "true", **DENY),
    statement("ForAnyValue:StringEquals", "aws:s3:arn", key=CONTEXT_KEYS, **DENY),
    statement("StringLike", OBJECTS, action="kms:Put*", **DENY),
    statement("Bool", "false", key="aws:SecureTransport", **DENY),
    # CloudTrail User Guide and CloudWatch Logs User Guide: the statements that they need in a key's policy.
    statement("StringLike", "arn:aws:cloudtrail:*", key="kms:EncryptionContext:aws:cloudtrail:arn"),
    statement("Null", "false", key="kms:EncryptionContext:aws:cloudtrail:arn"),
    statement("ArnLike", "arn:aws:logs:*", key="kms:EncryptionContext:aws:logs:arn"),
    statement("StringNotEquals", "vol-1", key="kms:EncryptionContext:aws:ebs:id", **DENY),
    statement("StringLike", OBJECTS, Resource=f"{K}2"),
    statement("StringLike", OBJECTS, Condition={**OF_OBJECTS, **VIA_ANOTHER_REGION}),
    "text",
]


@pytest.mark.parametrize("bound", BOUND, ids=str)
def test_bucket_key_is_not_turned_on_if_a_statement_needs_the_objects_arn(bound: dict[str, Any]) -> None:
    report = guarded(bound)

    assert isinstance(report, Manual)
    assert report.severity is Severity.LOW
    assert f"statement 3 of the policy of {K}" in report.reason
    assert ARN in report.reason


@pytest.mark.parametrize("free", FREE, ids=str)
def test_bucket_key_is_turned_on_if_the_bucket_arn_meets_every_condition_as_the_objects_did(
    free: dict[str, Any],
) -> None:
    assert guarded(free) == TURNS_ON


def test_example_of_a_policy_for_objects_only_is_reported() -> None:
    both = {
        "StringEquals": {"kms:CallerAccount": ACCOUNT, "kms:ViaService": f"s3.{REGION}.amazonaws.com"},
        "StringLike": {CONTEXT: OBJECTS},
    }

    assert isinstance(guarded(statement("StringLike", OBJECTS, Condition=both)), Manual)


def test_move_to_a_key_for_objects_only_is_reported_with_its_own_severity() -> None:
    report = guarded(statement("StringLike", OBJECTS), decision=TO_K)

    assert isinstance(report, Manual)
    assert report.severity is Severity.HIGH


@pytest.mark.parametrize(
    ("decision", "stops"),
    [(TURNS_ON, True), (TO_K, False), (Compliant("fine"), False)],
    ids=["on", "move", "fine"],
)
def test_policy_that_cannot_be_read_stops_the_bucket_key_alone(decision: Decision, stops: bool) -> None:
    found = unless_bound_to_context(decision, a_key_policy(readable=False), UNDER_A_BUCKET_KEY)

    assert isinstance(found, Manual) is stops
    assert stops or found == decision


@pytest.mark.parametrize(
    ("bucket_key", "pattern", "stops"),
    [
        (True, OBJECTS, True),
        (True, ARN, False),
        (False, ARN, True),
        (False, OBJECTS, False),
        (False, f"{ARN}/logs/*", False),
        (True, f"{ARN}/logs/*", True),
        (True, f"{ARN}/other/*", False),
        (False, [ARN, f"{ARN}/other/*"], True),
    ],
)
def test_object_is_judged_by_its_own_arn(bucket_key: bool, pattern: Any, stops: bool) -> None:
    one = ObjectResource(bucket="payroll", object_key="logs/a.csv")
    contexts = Contexts(resource=one, bucket_key=bucket_key)

    assert isinstance(guarded(statement("StringLike", pattern), contexts=contexts), Manual) is stops


def test_context_has_the_partition_of_the_key() -> None:
    key_arn = f"arn:aws-cn:kms:{REGION}:{ACCOUNT}:key/1"
    allow = statement("StringLike", "arn:aws-cn:s3:::payroll/*")
    key = KeyPolicy(key_arn=key_arn, document={"Statement": allow}, account=ACCOUNT, region=REGION)

    assert isinstance(unless_bound_to_context(TURNS_ON, key, UNDER_A_BUCKET_KEY), Manual)


# --- which context ---------------------------------------------------------------------------------

MOVES_ONLY = Remediate(
    change=EncryptionChange(algorithm=SSE_KMS, key_arn=K), severity=Severity.HIGH, reason="foreign"
)
MOVES_AND_RAISES = Remediate(
    change=EncryptionChange(algorithm=DSSE_KMS, key_arn=K), severity=Severity.HIGH, reason="weak"
)
RAISES = Remediate(change=EncryptionChange(algorithm=DSSE_KMS), severity=Severity.HIGH, reason="weak")
BLOCKS = Remediate(change=EncryptionChange(block_sse_c=True), severity=Severity.LOW, reason="open")
TEAMS, TEAMS_WITH = encryption(SSE_KMS, TEAM_KEY), encryption(SSE_KMS, TEAM_KEY, bucket_key=True)
BY_ALIAS = encryption(SSE_KMS, "alias/team")
UNDER_AWS_S3 = encryption(SSE_KMS)


def context_of(
    check: str, found: BucketEncryption, decisions: Decisions, modes: dict[str, Mode] | None = None
) -> NewContext | None:
    required = requirements(check_modes={**DEFAULT_MODES, BUCKET_KEY: Mode.ENFORCE, **(modes or {})})
    key = a_key(TEAM_KEY) if found.key_id else None
    return new_context(required, check, decisions, a_guarded_bucket(found, key))


@pytest.mark.parametrize(
    ("check", "found", "decisions", "expected"),
    [
        (BUCKET_KEY, TEAMS, {BUCKET_KEY: TURNS_ON}, NewContext(TEAM_KEY, True)),
        (BUCKET_KEY, BY_ALIAS, {BUCKET_KEY: TURNS_ON}, NewContext(TEAM_KEY, True)),
        (BUCKET_KEY, UNDER_AWS_S3, {BUCKET_KEY: TURNS_ON}, None),
        (
            BUCKET_KEY,
            UNDER_AWS_S3,
            {DEFAULT_ENCRYPTION: MOVES_ONLY, BUCKET_KEY: TURNS_ON},
            NewContext(K, True),
        ),
        (
            BUCKET_KEY,
            TEAMS,
            {DEFAULT_ENCRYPTION: Compliant("fine"), BUCKET_KEY: TURNS_ON},
            NewContext(TEAM_KEY, True),
        ),
        (
            DEFAULT_ENCRYPTION,
            UNDER_AWS_S3,
            {DEFAULT_ENCRYPTION: MOVES_ONLY, BUCKET_KEY: TURNS_ON},
            NewContext(K, False),
        ),
        (DEFAULT_ENCRYPTION, encryption(), {DEFAULT_ENCRYPTION: TO_K}, NewContext(K, True)),
        (DEFAULT_ENCRYPTION, TEAMS, {DEFAULT_ENCRYPTION: MOVES_ONLY}, NewContext(K, False)),
        (DEFAULT_ENCRYPTION, TEAMS_WITH, {DEFAULT_ENCRYPTION: MOVES_ONLY}, NewContext(K, True)),
        (DEFAULT_ENCRYPTION, TEAMS_WITH, {DEFAULT_ENCRYPTION: MOVES_AND_RAISES}, NewContext(K, False)),
        (DEFAULT_ENCRYPTION, TEAMS_WITH, {DEFAULT_ENCRYPTION: RAISES}, NewContext(TEAM_KEY, False)),
        (DEFAULT_ENCRYPTION, TEAMS, {DEFAULT_ENCRYPTION: RAISES}, None),
        (DEFAULT_ENCRYPTION, TEAMS_WITH, {DEFAULT_ENCRYPTION: BLOCKS}, None),
        (BUCKET_KEY, TEAMS, {BUCKET_KEY: Compliant("fine")}, None),
    ],
)
def test_context_that_a_remediation_would_be_the_first_to_use(
    check: str, found: BucketEncryption, decisions: Decisions, expected: NewContext | None
) -> None:
    assert context_of(check, found, decisions) == expected


@pytest.mark.parametrize(
    ("default", "bucket_key", "expected"),
    [
        (Mode.ENFORCE, Mode.ENFORCE, K),
        (Mode.DETECT, Mode.ENFORCE, TEAM_KEY),
        (Mode.DETECT, Mode.DETECT, K),
        (Mode.ENFORCE, Mode.DETECT, K),
    ],
)
def test_only_what_is_written_together_decides_the_key(
    default: Mode, bucket_key: Mode, expected: str
) -> None:
    decisions = {DEFAULT_ENCRYPTION: MOVES_ONLY, BUCKET_KEY: TURNS_ON}

    modes = {DEFAULT_ENCRYPTION: default, BUCKET_KEY: bucket_key}
    assert context_of(BUCKET_KEY, TEAMS, decisions, modes) == NewContext(expected, True)
