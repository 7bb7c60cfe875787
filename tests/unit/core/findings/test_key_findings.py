"""A finding about a KMS key goes the same way as one about a bucket or an object, and names no bucket."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from reseal.core.checks.catalogue import Check
from reseal.core.decision import Compliant
from reseal.core.findings.alerts import group_of, grouped, representative
from reseal.core.findings.render.message import message_of
from reseal.core.findings.results import refusal_finding
from reseal.core.outcome import Failed
from reseal.core.resource import KeyResource
from reseal.core.state.setting import Setting
from tests.support.builders import ACCOUNT, BUCKET_KEY, TEAM_KEY, UNLISTED_KEY, a_key_call, requirements
from tests.support.fakes.services import NOON
from tests.support.findings import a_finding

ROTATION = Check(
    id="KMS.KeyRotation",
    title="key rotation",
    requires=lambda _: "yearly rotation",
    controls=(),
    resource=KeyResource,
    setting=Setting.BUCKET_ENCRYPTION,
    calls=frozenset({"DisableKeyRotation"}),
    decide=lambda *_: Compliant("it rotates"),
)
FOUND = a_finding(ROTATION, a_key_call(), reason="the key does not rotate", recommendation="turn rotation on")
KEY_ID = TEAM_KEY.rpartition("/")[2]

EMAIL = f"""\
Somebody must correct the key rotation of KMS key 11111111-1111-1111-1111-111111111111: turn rotation on.

MEDIUM MANUAL: key rotation
  KMS key        {TEAM_KEY} (account {ACCOUNT}, us-east-1)
  Call           DisableKeyRotation at 2026-11-23T12:00:00+00:00
  Who            arn:aws:iam::111122223333:role/Payroll with AWS CLI from 198.51.100.7
  Why            the key does not rotate
  Required       yearly rotation
  Recommendation turn rotation on
  Runbook        docs/runbook.md#kmskeyrotation
  Finding        {FOUND.id}
"""


def test_the_email_names_the_key() -> None:
    message = message_of([FOUND])

    assert message.email == EMAIL
    assert message.subject == f"Reseal MEDIUM MANUAL: key rotation, KMS key {KEY_ID}"


def test_document_and_attributes_are_about_the_key() -> None:
    message = message_of([FOUND])

    (document,) = json.loads(message.document)["findings"]
    assert document["resource"] == {
        "type": "AWS::KMS::Key",
        "arn": TEAM_KEY,
        "name": KEY_ID,
        "version_id": None,
    }
    assert document["undo"] is None
    assert document["api_call"]["set_this"] is None
    assert message.attributes["resource_type"] == "AWS::KMS::Key"
    assert "bucket" not in message.attributes


def test_equal_findings_about_one_key_are_one_and_another_key_has_its_own() -> None:
    again = replace(FOUND, call=a_key_call(event_id="again", time=NOON + timedelta(seconds=5)))
    other = replace(FOUND, call=a_key_call(key=UNLISTED_KEY))

    groups = grouped([FOUND, again, other])

    assert groups.keys() == {group_of(FOUND), group_of(other)}
    found = representative(groups[group_of(FOUND)])
    several = found.occurrences
    assert several is not None
    assert (several.count, several.keys) == (2, ())
    assert several.in_words == "2 calls from 2026-11-23T12:00:00+00:00 to 2026-11-23T12:00:05+00:00"
    subject = message_of([found]).subject
    assert subject == f"Reseal MEDIUM MANUAL: key rotation, 2 calls, KMS key {KEY_ID}"


def test_a_denied_read_of_a_key_is_a_failure_that_names_the_permission() -> None:
    denied = Failed(code="AccessDenied", reason="an SCP", denied_action="kms:GetKeyRotationStatus")

    failed = refusal_finding(requirements(), a_key_call(), BUCKET_KEY, denied)

    assert failed.reason == "this check could not judge the KMS key: an SCP"
    assert failed.recommendation == (
        "allow kms:GetKeyRotationStatus to Reseal's role in the key policy; "
        "Reseal checks the KMS key again at its next change"
    )
