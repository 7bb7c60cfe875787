from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reseal.core.calls.actor import parse_actor
from reseal.core.checks.catalogue import CHECK_BY_ID
from reseal.core.decision import Compliant, Decision, Exempt, Manual, Remediate, Severity
from reseal.core.findings.finding import Finding, Status
from reseal.core.findings.occurrences import Occurrences
from reseal.core.findings.render.commands import recommendation_of, undo_command
from reseal.core.findings.render.json import finding_document
from reseal.core.findings.results import CheckResult, findings_of, refusal_finding
from reseal.core.outcome import Applied, Failed, Outcome, SkipCause, Skipped
from reseal.core.policy.requirements import Mode, Requirements
from reseal.core.repairs.repair import enforced_remediations
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.change import EncryptionChange
from reseal.core.state.object_encryption import CUSTOMER_KEY, ObjectEncryption
from tests.support.builders import (
    ACCOUNT,
    BUCKET,
    BUCKET_KEY,
    DEFAULT_ENCRYPTION,
    DEFAULT_MODES,
    ENFORCE_ALL,
    EVENT_ID,
    KEY,
    KEY_ACCESS,
    OBJECT_ENCRYPTION,
    SSE_C_BLOCK,
    SSE_KMS,
    K,
    a_call,
    an_object_call,
    encryption,
    not_enforcing,
    object_encryption,
    requirements,
)
from tests.support.fakes.services import NOON
from tests.support.findings import an_entry

SCHEMA = json.loads(Path("docs/finding.schema.json").read_text())
VALIDATOR = Draft202012Validator(
    SCHEMA["$defs"]["finding"] | {"$defs": SCHEMA["$defs"]},
    format_checker=Draft202012Validator.FORMAT_CHECKER,
)

BEFORE = encryption(blocked=("NONE",))
AFTER = encryption(SSE_KMS, K, bucket_key=True, blocked=("NONE",))
REMEDIATE = Remediate(
    change=EncryptionChange(algorithm=SSE_KMS, key_arn=K, bucket_key=True),
    severity=Severity.MEDIUM,
    reason="SSE-S3",
)
REPORT = Manual(severity=Severity.LOW, reason="not ours", recommendation="do this")
APPLIED = Applied(after=AFTER, at=NOON + timedelta(seconds=42.1234))
DENIED = Failed(code="AccessDenied", reason="an SCP", denied_action="s3:PutEncryptionConfiguration")
REFUSED = Failed(code="MalformedXML", reason="bad XML")
SKIPPED = Skipped(cause=SkipCause.NEWER, reason="newer")
NO_LONGER = {name: policy.default for name, policy in not_enforcing(DEFAULT_ENCRYPTION).items()}


CARRIED = {"StorageClass": "STANDARD_IA", "etag": '"e"'}
ENTRY_ID = f"{BUCKET}#{EVENT_ID}#PutBucketEncryption"


def findings(
    decisions: Mapping[str, Decision],
    outcome: Outcome | None = None,
    *,
    required: Requirements | None = None,
    before: BucketEncryption = BEFORE,
    written: Iterable[str] | None = None,
    **call: Any,
) -> tuple[Finding, ...]:
    """By default what the policy enforces is what was written."""
    required = required or requirements()
    the_call, checks = a_call(**call), written or enforced_remediations(required, decisions)
    intended = intended_by(before, (decisions[check] for check in checks if check in decisions))
    entry = an_entry(outcome, before, intended=intended, entry_id=ENTRY_ID)
    results = {
        check: CheckResult(decision=decision, before=before, entry=entry if check in checks else None)
        for check, decision in decisions.items()
    }
    return findings_of(required, the_call, results)


def intended_by(before: BucketEncryption, decisions: Iterable[Decision]) -> BucketEncryption:
    """What the remediations among these decisions make of a bucket's rule."""
    for decision in decisions:
        before = decision.change.applied_to(before) if isinstance(decision, Remediate) else before
    return before


def finding(
    decision: Decision = REMEDIATE,
    outcome: Outcome | None = APPLIED,
    *,
    check: str = DEFAULT_ENCRYPTION,
    **more: Any,
) -> Finding:
    (only,) = findings({check: decision}, outcome, **more)
    return only


@pytest.mark.parametrize(
    ("decision", "outcome", "status"),
    [
        pytest.param(REMEDIATE, APPLIED, Status.REMEDIATED, id="applied"),
        pytest.param(REMEDIATE, DENIED, Status.FAILED, id="failed"),
        pytest.param(REPORT, None, Status.MANUAL, id="manual"),
        pytest.param(REPORT, APPLIED, Status.MANUAL, id="report beside a write"),
        pytest.param(REPORT, DENIED, Status.MANUAL, id="report beside a failure"),
    ],
)
def test_the_status_follows_from_decision_and_outcome(
    decision: Decision, outcome: Outcome | None, status: Status
) -> None:
    assert finding(decision, outcome).status is status


@pytest.mark.parametrize(
    "required",
    [
        requirements(mode=Mode.DETECT),
        requirements(check_modes=DEFAULT_MODES | {DEFAULT_ENCRYPTION: Mode.DETECT}),
    ],
    ids=["stack in detect mode", "check in report mode"],
)
@pytest.mark.parametrize("outcome", [None, APPLIED, DENIED, SKIPPED], ids=lambda o: type(o).__name__)
def test_what_may_not_be_enforced_is_detected_whatever_else_happened(
    required: Requirements, outcome: Outcome | None
) -> None:
    result = finding(outcome=outcome, required=required)

    assert result.status is Status.DETECTED
    assert result.recommendation is not None
    assert result.recommendation.startswith("nothing was changed")


@pytest.mark.parametrize("required", NO_LONGER.values(), ids=NO_LONGER)
@pytest.mark.parametrize(
    ("outcome", "status"), [(APPLIED, Status.REMEDIATED), (DENIED, Status.FAILED)], ids=["applied", "failed"]
)
def test_what_was_written_is_reported_as_written_whatever_the_modes_are_by_now(
    required: Requirements, outcome: Outcome, status: Status
) -> None:
    assert finding(outcome=outcome, required=required, written={DEFAULT_ENCRYPTION}).status is status


def test_what_was_not_written_is_not_reported_as_repaired_though_its_check_enforces_by_now() -> None:
    result = finding(
        check=SSE_C_BLOCK, required=requirements(check_modes=ENFORCE_ALL), written={DEFAULT_ENCRYPTION}
    )

    assert (result.status, result.written) == (Status.DETECTED, None)
    assert result.recommendation == (
        "nothing was changed: the SSE-C block check was not yet in mode enforce; change it manually"
    )


@pytest.mark.parametrize(
    ("decision", "outcome"),
    [
        pytest.param(Compliant("good"), None, id="compliant"),
        pytest.param(Exempt("off"), None, id="exempt"),
        pytest.param(REMEDIATE, SKIPPED, id="skipped"),
        pytest.param(REMEDIATE, None, id="not carried out"),
    ],
)
def test_nothing_is_reported_where_nothing_is_wrong_or_nothing_came_of_it(
    decision: Decision, outcome: Outcome | None
) -> None:
    assert findings({DEFAULT_ENCRYPTION: decision}, outcome) == ()


def test_each_violated_check_has_its_own_finding() -> None:
    decisions: dict[str, Decision] = {
        DEFAULT_ENCRYPTION: REMEDIATE,
        BUCKET_KEY: Compliant("on"),
        SSE_C_BLOCK: REPORT,
    }

    result = findings(decisions, APPLIED)

    assert [(f.check.id, f.status) for f in result] == [
        (DEFAULT_ENCRYPTION, Status.REMEDIATED),
        (SSE_C_BLOCK, Status.MANUAL),
    ]


def test_a_repeat_has_the_same_id() -> None:
    first = finding(REMEDIATE, APPLIED)
    repeat = finding(REMEDIATE, Applied(after=AFTER, at=NOON + timedelta(hours=1)))

    assert first.id == repeat.id


def test_an_id_does_not_change_from_version_to_version() -> None:
    assert finding().id == GOLDEN_ID


GOLDEN_ID = str(
    uuid.uuid5(
        uuid.UUID("5b1f7f2e-6a0d-5c0e-9d57-2f6c3a6f7a10"),
        "arn:aws:s3:::payroll|S3.BucketDefaultEncryption|c0ffee00-1111-2222-3333-444455556666",
    )
)


@pytest.mark.parametrize(
    "other",
    [finding(bucket="another"), finding(event_id="another"), finding(check=BUCKET_KEY)],
    ids=["bucket", "event", "check"],
)
def test_another_violation_has_another_id(other: Finding) -> None:
    assert other.id != finding().id


def test_a_failure_is_at_least_high_and_names_the_permission() -> None:
    result = finding(outcome=DENIED)

    assert result.severity is Severity.HIGH
    assert result.reason == "SSE-S3; the remediation failed: an SCP"
    assert result.recommendation == (
        "allow s3:PutEncryptionConfiguration to Reseal's role; "
        "Reseal checks the bucket again at its next change"
    )


def test_a_failure_without_a_denied_permission_points_to_the_code() -> None:
    result = finding(outcome=REFUSED)

    assert result.recommendation is not None
    assert result.recommendation.startswith("look up the error code")


def test_a_failure_does_not_lower_a_severity() -> None:
    critical = Remediate(change=REMEDIATE.change, severity=Severity.CRITICAL, reason="another account's key")

    assert finding(critical, DENIED).severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("at", "seconds"),
    [(NOON + timedelta(seconds=42.1234), 42.123), (NOON - timedelta(seconds=1), 0.0)],
    ids=["rounded", "clocks differ"],
)
def test_the_time_to_repair_is_counted_from_the_call(at: Any, seconds: float) -> None:
    assert finding(outcome=Applied(after=AFTER, at=at)).seconds_to_remediate == seconds


def test_an_unreadable_bucket_is_a_high_failure() -> None:
    result = refusal_finding(requirements(), a_call(), DEFAULT_ENCRYPTION, DENIED)

    assert (result.status, result.severity) == (Status.FAILED, Severity.HIGH)
    assert result.reason == "this check could not judge the bucket: an SCP"
    assert result.before is None


def test_a_repair_that_a_command_undoes_needs_no_recommendation() -> None:
    result = finding(before=encryption(SSE_KMS, "alias/team"))

    assert "KMSMasterKeyID=alias/team" in (undo_command(result) or "")
    assert recommendation_of(result) is None


BLOCK = Remediate(change=EncryptionChange(block_sse_c=True), severity=Severity.MEDIUM, reason="unblocked")
NAMES_NOTHING_BLOCKED = "BlockedEncryptionTypes={EncryptionType=[NONE]}"


def test_every_undo_command_of_a_write_that_blocked_sse_c_unblocks_it_by_name() -> None:
    after = encryption(SSE_KMS, K, bucket_key=True, blocked=("SSE-C",))

    both = findings(
        {DEFAULT_ENCRYPTION: REMEDIATE, SSE_C_BLOCK: BLOCK},
        Applied(after=after, at=NOON),
        required=requirements(check_modes=ENFORCE_ALL),
        before=encryption(blocked=None),
    )

    assert [NAMES_NOTHING_BLOCKED in (undo_command(each) or "") for each in both] == [True, True]


def test_an_undo_command_does_not_name_a_block_that_nobody_set() -> None:
    after = encryption(SSE_KMS, K, bucket_key=True, blocked=None)

    default, block = findings(
        {DEFAULT_ENCRYPTION: REMEDIATE, SSE_C_BLOCK: BLOCK},
        Applied(after=after, at=NOON),
        before=encryption(blocked=None),
    )

    assert (default.status, block.status) == (Status.REMEDIATED, Status.DETECTED)
    assert "BlockedEncryptionTypes" not in (undo_command(default) or "BlockedEncryptionTypes")


def test_a_repair_of_a_bucket_without_an_undo_command_says_where_the_state_before_is_kept() -> None:
    result = finding(before=encryption(SSE_KMS, '"$(reboot)"'))

    assert undo_command(result) is None
    assert "the entry in ledger_entry says what was before" in (recommendation_of(result) or "")
    VALIDATOR.validate(json.loads(json.dumps(finding_document(result))))


@pytest.mark.parametrize(
    "result",
    [
        finding(REPORT),
        finding(outcome=DENIED),
        refusal_finding(requirements(), a_call(), DEFAULT_ENCRYPTION, DENIED),
    ],
    ids=["reported", "failed", "not read"],
)
def test_what_was_not_written_needs_no_undo(result: Finding) -> None:
    assert undo_command(result) is None


def test_the_arn_has_the_partition_of_the_deployment() -> None:
    required = requirements(remediation_key="arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/1")

    assert finding(required=required).resource_arn == "arn:aws-us-gov:s3:::payroll"


def test_a_document_says_everything() -> None:
    document = finding_document(finding())

    assert document == {
        "schema": "reseal.finding/1",
        "id": GOLDEN_ID,
        "check": "S3.BucketDefaultEncryption",
        "title": "default encryption of bucket payroll",
        "severity": "MEDIUM",
        "status": "REMEDIATED",
        "resource": {
            "type": "AWS::S3::Bucket",
            "arn": "arn:aws:s3:::payroll",
            "name": "payroll",
            "version_id": None,
        },
        "account": ACCOUNT,
        "region": "us-east-1",
        "seen_at": "2026-11-23T12:00:00+00:00",
        "actor": {
            "who": "arn:aws:iam::111122223333:role/Payroll",
            "session": "alice",
            "account": ACCOUNT,
            "address": "198.51.100.7",
            "tool": "AWS CLI",
        },
        "api_call": {
            "name": "PutBucketEncryption",
            "time": "2026-11-23T12:00:00+00:00",
            "event_id": "c0ffee00-1111-2222-3333-444455556666",
            "set_this": True,
        },
        "required": "SSE-KMS or stronger, under an approved key",
        "before": {"algorithm": "AES256", "key_id": None, "bucket_key": False, "blocked": ["NONE"]},
        "after": {"algorithm": "aws:kms", "key_id": K, "bucket_key": True, "blocked": ["NONE"]},
        "action": "PutBucketEncryption",
        "reason": "SSE-S3",
        "managed_by": None,
        "occurrences": None,
        "recommendation": None,
        "seconds_to_remediate": 42.123,
        "controls": [
            "Security Hub S3.17",
            "NIST 800-53 r5 SC-12(2)",
            "NIST 800-53 r5 SC-13",
            "NIST 800-53 r5 SC-28",
            "NIST 800-53 r5 SC-28(1)",
            "PCI DSS 4.0.1 3.5.1",
            "GDPR Art. 32(1)(a)",
            "HIPAA 164.312(a)(2)(iv)",
        ],
        "undo": undo_command(finding()),
        "repair": None,
        "ledger_entry": ENTRY_ID,
        "trigger": EVENT_ID,
        "runbook": "docs/runbook.md#s3bucketdefaultencryption",
    }


KINDS = {
    "remediated": finding(),
    "detected": finding(required=requirements(mode=Mode.DETECT)),
    "reported": finding(REPORT),
    "failed": finding(outcome=DENIED),
    "not read": refusal_finding(requirements(), a_call(), DEFAULT_ENCRYPTION, REFUSED),
    "unknown actor": finding(actor=parse_actor({})),
    "Bucket Key": finding(check=BUCKET_KEY),
    "SSE-C block": finding(check=SSE_C_BLOCK, before=encryption(blocked=None)),
}


@pytest.mark.parametrize("result", KINDS.values(), ids=KINDS)
def test_a_document_keeps_its_schema(result: Finding) -> None:
    VALIDATOR.validate(json.loads(json.dumps(finding_document(result))))


@pytest.mark.parametrize(
    "change",
    [
        {"extra": 1},
        {"schema": "reseal.finding/2"},
        {"id": "1"},
        {"severity": "NOTICE"},
        {"status": "COMPLIANT"},
        {"check": "S3.Unheard"},
        {"account": "payroll"},
        {"after": None},
        {"undo": None},
        {"controls": ["a", "a"]},
        {"before": {"algorithm": "AES256"}},
        {"seconds_to_remediate": -1},
    ],
    ids=str,
)
def test_the_schema_refuses_what_is_no_finding(change: dict[str, Any]) -> None:
    document = finding_document(finding()) | change

    assert not VALIDATOR.is_valid(document)


def test_the_schema_is_a_schema_and_knows_every_check() -> None:
    Draft202012Validator.check_schema(SCHEMA)

    properties = SCHEMA["$defs"]["finding"]["properties"]
    assert properties["check"]["enum"] == list(CHECK_BY_ID)
    assert properties["severity"]["enum"] == [severity.name for severity in Severity]
    assert properties["status"]["enum"] == [status.value for status in Status]


UNDER_K = object_encryption(SSE_KMS, K)
APPLIED_TO_OBJECT = Applied(after=UNDER_K, at=NOON + timedelta(seconds=9))


def object_finding(
    decision: Decision = REMEDIATE,
    outcome: Outcome | None = APPLIED_TO_OBJECT,
    *,
    before: ObjectEncryption | None = None,
    action: str = "CopyObject",
    required: Requirements | None = None,
    **call: Any,
) -> Finding:
    found, the_call = before or object_encryption(), an_object_call(**call)
    entry = an_entry(outcome, found, action=action, details=CARRIED) if outcome else None
    result = CheckResult(decision=decision, before=found, entry=entry)
    (only,) = findings_of(required or requirements(), the_call, {OBJECT_ENCRYPTION: result})
    return only


@pytest.mark.parametrize(
    ("reported", "set_this"),
    [
        pytest.param(finding(name="DeleteBucketEncryption"), True, id="the call set it"),
        pytest.param(finding(name="PutBucketPolicy"), False, id="the call is about something else"),
        pytest.param(finding(REPORT, None, name="PutBucketPolicy"), False, id="the same, only reported"),
        pytest.param(finding(check=BUCKET_KEY, name="PutBucketAcl"), False, id="a finer point, likewise"),
        pytest.param(finding(check=SSE_C_BLOCK), None, id="a finer point, where the call writes the rule"),
        pytest.param(finding(REPORT, None, check=KEY_ACCESS, name="PutBucketAcl"), None, id="who is let in"),
        pytest.param(KINDS["not read"], None, id="the bucket could not be read"),
        pytest.param(object_finding(), True, id="an object, reported for its own write"),
        pytest.param(
            refusal_finding(requirements(), an_object_call(), OBJECT_ENCRYPTION, DENIED),
            None,
            id="an object that could not be read",
        ),
    ],
)
def test_finding_says_whether_its_call_can_have_set_what_is_reported(
    reported: Finding, set_this: bool | None
) -> None:
    assert finding_document(reported)["api_call"]["set_this"] is set_this


def test_a_document_says_everything_of_an_object() -> None:
    document = finding_document(object_finding(version_id="v1"))

    assert document["title"] == f"object encryption of object '{BUCKET}/{KEY}'"
    assert document["resource"] == {
        "type": "AWS::S3::Object",
        "arn": f"arn:aws:s3:::{BUCKET}/{KEY}",
        "name": f"{BUCKET}/{KEY}",
        "version_id": "v1",
    }
    assert document["before"] == {"algorithm": "AES256", "key_id": None, "bucket_key": False}
    assert document["after"] == {"algorithm": "aws:kms", "key_id": K, "bucket_key": False}
    assert document["action"] == "CopyObject"
    assert document["undo"].endswith(
        "--server-side-encryption AES256 --copy-source-if-unmodified-since=2026-11-23T12:00:11Z "
        "--storage-class=STANDARD_IA"
    )
    assert document["runbook"] == "docs/runbook.md#s3objectencryption"


def test_runbook_of_the_operator_makes_the_link_absolute() -> None:
    runbook = "https://git.example.com/reseal/docs/runbook.md"

    document = finding_document(finding(required=requirements(runbook=runbook)))

    assert document["runbook"] == f"{runbook}#s3bucketdefaultencryption"


def test_a_finding_stands_for_the_others_too() -> None:
    many = Occurrences(count=2, first=NOON, last=NOON, keys=("a", "b"))

    document = finding_document(replace(object_finding(), occurrences=many))

    assert document["occurrences"] == many.to_document()


def test_a_repair_that_left_something_different_is_high_and_says_what() -> None:
    applied = Applied(after=UNDER_K, at=NOON, changed=("tags", "ACL"))

    result = object_finding(outcome=applied)

    assert (result.status, result.severity) == (Status.REMEDIATED, Severity.HIGH)
    assert result.reason == "SSE-S3; after the repair these differ from before: tags, ACL"


def test_a_critical_repair_that_left_something_different_stays_critical() -> None:
    critical = Remediate(change=REMEDIATE.change, severity=Severity.CRITICAL, reason="another account's key")

    result = object_finding(critical, Applied(after=UNDER_K, at=NOON, changed=("tags",)))

    assert result.severity is Severity.CRITICAL


def test_a_denied_permission_on_an_object_leaves_the_writer_to_write_it_again() -> None:
    denied = Failed(code="AccessDenied", reason="an SCP", denied_action="s3:PutObject")

    assert (
        object_finding(outcome=denied).recommendation
        == "allow s3:PutObject to Reseal's role; then write the object again"
    )


def test_an_unreadable_object_is_a_high_failure() -> None:
    result = refusal_finding(requirements(), an_object_call(), OBJECT_ENCRYPTION, DENIED)

    assert (result.status, result.severity) == (Status.FAILED, Severity.HIGH)
    assert result.reason == "this check could not judge the object: an SCP"


OBJECT_KINDS = {
    "copied": object_finding(),
    "copied in parts, no undo": object_finding(action="UploadPartCopy"),
    "in place": object_finding(action="UpdateObjectEncryption", version_id="v1"),
    "never encrypted": object_finding(before=object_encryption(None)),
    "SSE-C": object_finding(REPORT, None, before=CUSTOMER_KEY),
    "detected": object_finding(required=requirements(mode=Mode.DETECT), outcome=None),
    "failed": object_finding(outcome=DENIED),
    "not read": refusal_finding(requirements(), an_object_call(), OBJECT_ENCRYPTION, REFUSED),
}


@pytest.mark.parametrize("result", OBJECT_KINDS.values(), ids=OBJECT_KINDS)
def test_a_document_about_an_object_keeps_its_schema(result: Finding) -> None:
    VALIDATOR.validate(json.loads(json.dumps(finding_document(result))))


@pytest.mark.parametrize(
    "change",
    [
        {"check": DEFAULT_ENCRYPTION},
        {"action": "PutBucketEncryption"},
        {"action": "DeleteObject"},
        {"before": finding_document(finding())["before"]},
        {"resource": finding_document(finding())["resource"]},
        {"occurrences": {"count": 0}},
        {"after": None},
    ],
    ids=str,
)
def test_the_schema_distinguishes_objects_from_buckets(change: dict[str, Any]) -> None:
    document = finding_document(object_finding()) | change

    assert not VALIDATOR.is_valid(document)


@pytest.mark.parametrize(
    "result",
    [
        object_finding(key="http://example.com/a"),
        object_finding(action="UploadPartCopy"),
        object_finding(before=object_encryption(None)),
    ],
    ids=["unsafe key", "copied in parts", "never encrypted"],
)
def test_a_repair_of_an_object_without_an_undo_command_says_where_the_state_before_is_kept(
    result: Finding,
) -> None:
    assert undo_command(result) is None
    assert "the entry in ledger_entry says what was before" in (recommendation_of(result) or "")
    VALIDATOR.validate(json.loads(json.dumps(finding_document(result))))


def test_a_repair_of_an_object_that_a_command_undoes_does_not_name_the_ledger_entry() -> None:
    assert undo_command(object_finding()) is not None
    assert "ledger" not in (recommendation_of(object_finding()) or "")
