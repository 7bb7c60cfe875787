from __future__ import annotations

import json
from ast import literal_eval
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from reseal.core.calls.bucket_call import BucketCall
from reseal.core.calls.look import Look
from reseal.core.checks.catalogue import CHECK_BY_ID
from reseal.core.decision import Severity
from reseal.core.findings.finding import Finding, Status, Written
from reseal.core.findings.message import LONGEST_EMAIL
from reseal.core.findings.occurrences import Incident, Occurrences
from reseal.core.findings.render.commands import NO_UNDO
from reseal.core.findings.render.message import message_of, messages_of
from reseal.core.resource import BucketResource
from tests.support.builders import (
    BUCKET,
    BUCKET_KEY,
    DEFAULT_ENCRYPTION,
    SSE_C_BLOCK,
    SSE_KMS,
    K,
    a_call,
    an_actor,
    an_object_call,
    encryption,
)
from tests.support.fakes.services import NOON
from tests.support.findings import a_copied_object, a_finding

DETECTS = "the mode is detect."
SCHEMA = json.loads(Path("docs/finding.schema.json").read_text())


def remediated(call: BucketCall) -> Finding:
    return a_finding(
        DEFAULT_ENCRYPTION,
        call,
        severity=Severity.HIGH,
        status=Status.REMEDIATED,
        reason="new objects are encrypted with SSE-S3, whose key this account cannot control",
        before=encryption(),
        written=Written(
            action="PutBucketEncryption",
            after=encryption(SSE_KMS, K, bucket_key=True),
            at=call.time + timedelta(seconds=63.04),
            restores=encryption(),
        ),
    )


REMEDIATED = remediated(a_call(time=NOON + timedelta(milliseconds=250)))
MANUAL = a_finding(
    BUCKET_KEY,
    a_call(actor=an_actor(address=None)),
    severity=Severity.LOW,
    reason="the Bucket Key is off",
    recommendation="switch it on",
)

EMAIL = """\
Reseal corrected the default encryption of bucket payroll. Below are 2 findings.

HIGH REMEDIATED: default encryption
  Bucket         payroll (account 111122223333, us-east-1)
  Call           PutBucketEncryption at 2026-11-23T12:00:00.250000+00:00
  Who            arn:aws:iam::111122223333:role/Payroll with AWS CLI from 198.51.100.7
  Why            new objects are encrypted with SSE-S3, whose key this account cannot control
  Required       SSE-KMS or stronger, under an approved key
  Before         SSE-S3, SSE-C blocked
  Now            SSE-KMS under arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-00000000000k \
with Bucket Key, SSE-C blocked
  Remediated     63.0 s after the call
  Undo           aws s3api put-bucket-encryption --region us-east-1 --bucket payroll \
--expected-bucket-owner 111122223333 --server-side-encryption-configuration \
"Rules=[{ApplyServerSideEncryptionByDefault={SSEAlgorithm=AES256},BucketKeyEnabled=false,\
BlockedEncryptionTypes={EncryptionType=[SSE-C]}}]" \
(first set the mode of the check to detect)
  Controls       Security Hub S3.17, NIST 800-53 r5 SC-12(2), NIST 800-53 r5 SC-13, NIST 800-53 r5 SC-28, \
NIST 800-53 r5 SC-28(1), PCI DSS 4.0.1 3.5.1, GDPR Art. 32(1)(a), HIPAA 164.312(a)(2)(iv)
  Runbook        docs/runbook.md#s3bucketdefaultencryption
  Finding        REMEDIATED_ID

LOW MANUAL: Bucket Key
  Bucket         payroll (account 111122223333, us-east-1)
  Call           PutBucketEncryption at 2026-11-23T12:00:00+00:00
  Who            arn:aws:iam::111122223333:role/Payroll with AWS CLI
  Why            the Bucket Key is off
  Required       the Bucket Key on, under SSE-KMS
  Recommendation switch it on
  Runbook        docs/runbook.md#s3bucketkey
  Finding        MANUAL_ID
"""


def test_the_email_reads_well() -> None:
    message = message_of([REMEDIATED, MANUAL])

    expected = EMAIL.replace("REMEDIATED_ID", REMEDIATED.id).replace("MANUAL_ID", MANUAL.id)
    assert message.email == expected


def test_email_about_what_the_call_did_not_set_says_so_before_it_names_a_caller() -> None:
    message = message_of([remediated(a_call("PutBucketPolicy"))])

    _, _, _, _, call, note, who, *_ = message.email.splitlines()
    assert call.startswith("  Call           PutBucketPolicy")
    assert note.startswith("  Note           this call did not set the reported state. It only")
    assert who.startswith("  Who")


def test_the_most_severe_finding_comes_first() -> None:
    message = message_of([MANUAL, REMEDIATED])

    assert message.subject == "Reseal HIGH REMEDIATED: default encryption (+1 more), bucket payroll"
    ids = [finding["id"] for finding in json.loads(message.document)["findings"]]
    assert ids == [REMEDIATED.id, MANUAL.id]


def test_a_single_finding_has_a_plain_subject() -> None:
    message = message_of([MANUAL])

    assert message.subject == "Reseal LOW MANUAL: Bucket Key, bucket payroll"


@pytest.mark.parametrize("check", CHECK_BY_ID)
@pytest.mark.parametrize("bucket", ["abc", "b" * 63, "B_" * 127], ids=["short", "long", "longest"])
def test_a_subject_is_what_sns_takes(check: str, bucket: str) -> None:
    call = replace(REMEDIATED.call, bucket=bucket, name="Put\nBucket")
    finding = replace(REMEDIATED, severity=Severity.INFORMATIONAL, check=CHECK_BY_ID[check], call=call)

    subject = message_of([finding, finding]).subject

    assert 0 < len(subject) < 100
    assert all(" " <= character <= "~" for character in subject)


def test_attributes_say_what_subscribers_filter_by() -> None:
    blocked = replace(MANUAL, check=CHECK_BY_ID[SSE_C_BLOCK])

    message = message_of([MANUAL, REMEDIATED, blocked])

    assert message.attributes == {
        "severity": "HIGH",
        "status": ["REMEDIATED", "MANUAL"],
        "check": [DEFAULT_ENCRYPTION, BUCKET_KEY, SSE_C_BLOCK],
        "resource_type": "AWS::S3::Bucket",
        "account": "111122223333",
        "region": "us-east-1",
    }


def test_the_document_keeps_its_schema() -> None:
    validator = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)

    message = message_of([REMEDIATED, MANUAL])

    validator.validate(json.loads(message.document))


OBJECT = a_copied_object(
    an_object_call(key="2026/two  spaces.csv", version_id="v1"),
    seconds=12.34,
    reason="the object is encrypted with SSE-S3",
)
OBJECT_EMAIL = """\
Reseal corrected the object encryption of object 'payroll/2026/two  spaces.csv'.

MEDIUM REMEDIATED: object encryption
  Bucket         payroll (account 111122223333, us-east-1)
  Object         '2026/two  spaces.csv', version v1
  Call           PutObject at 2026-11-23T12:00:00+00:00
  Who            arn:aws:iam::111122223333:role/Payroll with AWS CLI from 198.51.100.7
  Why            the object is encrypted with SSE-S3
  Required       SSE-KMS or stronger, under an approved key
  Before         SSE-S3
  Now            SSE-KMS under arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-00000000000k
  Remediated     12.3 s after the call
  Recommendation no one command undoes this in every shell: the entry in ledger_entry says what was before
  Controls       NIST 800-53 r5 SC-12(2), NIST 800-53 r5 SC-13, NIST 800-53 r5 SC-28, \
NIST 800-53 r5 SC-28(1), PCI DSS 4.0.1 3.5.1, GDPR Art. 32(1)(a), HIPAA 164.312(a)(2)(iv)
  Runbook        docs/runbook.md#s3objectencryption
  Finding        ID
"""
MANY = Occurrences(count=40, first=NOON, last=NOON + timedelta(minutes=1), keys=("a", "b"))


def rows_of(finding: Finding) -> dict[str, str]:
    """The e-mail's rows by their names."""
    lines = message_of([finding]).email.splitlines()[1:]
    return {line[2:16].strip(): line[17:] for line in lines}


def test_the_email_about_an_object_reads_well() -> None:
    assert message_of([OBJECT]).email == OBJECT_EMAIL.replace("ID\n", f"{OBJECT.id}\n")


def test_an_object_without_a_version_has_none_in_the_email() -> None:
    finding = replace(OBJECT, call=an_object_call(key="a"))

    assert rows_of(finding)["Object"] == "'a'"


@pytest.mark.parametrize(
    "key",
    ["a\n  Recommendation run this", "a\r\nb", "a\u2028b", "a\x1b[2Jb", "a\u202eb", "' b", "  ", "ü"],
    ids=ascii,
)
def test_no_key_passes_for_something_else(key: str) -> None:
    rows = rows_of(replace(OBJECT, call=an_object_call(key=key)))

    assert literal_eval(rows["Object"]) == key
    assert rows["Recommendation"] == NO_UNDO
    assert all(row.isprintable() for row in rows.values())


def test_many_objects_are_reported_as_many() -> None:
    message = message_of([replace(OBJECT, occurrences=MANY)])

    assert message.subject == "Reseal MEDIUM REMEDIATED: object encryption, 40 objects in bucket payroll"
    assert rows_of(replace(OBJECT, occurrences=MANY))["All"] == MANY.in_words
    assert message.attributes["resource_type"] == "AWS::S3::Object"


def test_a_single_object_is_named_in_the_subject_as_far_as_sns_takes_it() -> None:
    finding = replace(OBJECT, call=an_object_call(key="Gehälter\n.csv"))

    subject = message_of([finding]).subject

    assert subject == "Reseal MEDIUM REMEDIATED: object encryption, object 'payroll/Geh?lter\\n.csv'"


@pytest.mark.parametrize("occurrences", [None, MANY, replace(MANY, count=1)], ids=["none", "many", "one"])
def test_the_document_about_objects_keeps_its_schema(occurrences: Occurrences | None) -> None:
    validator = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)

    message = message_of([replace(OBJECT, occurrences=occurrences)])

    validator.validate(json.loads(message.document))


# --- the first line, and how much fits -----------------------------------------------------------


@pytest.mark.parametrize(
    ("finding", "sentence"),
    [
        (REMEDIATED, "Reseal corrected the default encryption of bucket payroll."),
        (MANUAL, "Somebody must correct the Bucket Key of bucket payroll: switch it on."),
        (
            replace(MANUAL, status=Status.DETECTED),
            f"Reseal found the Bucket Key of bucket payroll not as required, and changed nothing: {DETECTS}",
        ),
        (
            replace(MANUAL, status=Status.FAILED, recommendation=None),
            "AWS refused what Reseal needs to check or correct the Bucket Key of bucket payroll: see below.",
        ),
        (
            replace(OBJECT, occurrences=Occurrences(count=3, first=NOON, last=NOON, keys=("a", "b", "c"))),
            "Reseal corrected the object encryption of 3 objects in bucket payroll.",
        ),
    ],
    ids=["remediated", "manual", "detected", "failed", "many"],
)
def test_first_line_of_the_e_mail_is_what_a_person_needs(finding: Finding, sentence: str) -> None:
    assert message_of([finding]).email.partition("\n")[0] == sentence


def test_first_line_of_an_incident_says_that_it_is_one() -> None:
    incident = Incident(id="w1", count=2, unblocked="'eve' at noon")
    many = Occurrences(count=1, first=NOON, last=NOON, keys=("a",), incident=incident)

    assert message_of([replace(OBJECT, occurrences=many)]).email.startswith("INCIDENT: Reseal corrected")


def test_few_findings_are_one_message() -> None:
    assert messages_of([MANUAL, REMEDIATED]) == (message_of([MANUAL, REMEDIATED]),)


def test_no_finding_is_no_message() -> None:
    assert messages_of([]) == ()


@pytest.mark.parametrize("number", [10, 100])
def test_more_findings_than_fit_are_several_messages_with_each_of_them_once(number: int) -> None:
    findings = [
        replace(MANUAL, reason="x" * 3000, call=a_call(event_id=f"event-{one}")) for one in range(number)
    ]

    messages = messages_of(findings)

    ids = [one["id"] for message in messages for one in json.loads(message.document)["findings"]]
    assert sorted(ids) == sorted(finding.id for finding in findings)
    assert all(message.fits and len(message.email) <= LONGEST_EMAIL for message in messages)
    assert 1 < len(messages) < number


def test_row_without_a_bound_of_its_own_is_cut_at_the_end() -> None:
    message = message_of([replace(MANUAL, reason="x" * 100_000)])

    assert message.fits
    assert "... (100000 characters)\n" in message.email


@pytest.mark.parametrize("number", [1, 10, 12])
def test_list_in_a_state_is_published_with_at_most_ten_items(number: int) -> None:
    before = encryption(blocked=tuple(f"SSE-{one}" for one in range(number)))

    (found,) = json.loads(message_of([replace(MANUAL, before=before)]).document)["findings"]

    more = [f"and {number - 10} more"] if number > 10 else []
    assert found["before"]["blocked"] == [*(f"SSE-{one}" for one in range(min(number, 10))), *more]


def test_what_a_record_names_and_no_call_of_aws_is_called_is_quoted() -> None:
    call = a_call("Put it", actor=replace(an_actor(address="all\nis well"), tool="x.amazonaws.com"))

    email = message_of([replace(MANUAL, call=call)]).email

    assert "  Call           'Put it' at" in email
    assert " with 'x.amazonaws.com' from 'all\\nis well'\n" in email


def test_odd_version_of_an_object_is_quoted() -> None:
    call = an_object_call(version_id="v 1")

    assert ", version 'v 1'\n" in message_of([replace(OBJECT, call=call)]).email


def test_e_mail_about_a_look_accuses_nobody() -> None:
    look = Look(event_id="look-1", time=NOON, resource=BucketResource(bucket=BUCKET))

    email = message_of([replace(MANUAL, call=look)]).email

    assert "  Seen           at 2026-11-23T12:00:00+00:00, without an API call" in email
    assert "  Who " not in email


def test_first_line_points_to_a_recommendation_that_is_too_long_for_it() -> None:
    finding = replace(MANUAL, recommendation=f"remove rule '{'x' * 500}'")

    assert message_of([finding]).email.startswith(
        "Somebody must correct the Bucket Key of bucket payroll: see below."
    )
