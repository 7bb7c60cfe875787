"""The sample finding: valid for programs, and without any doubt for people that nothing happened."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import jsonschema
import pytest

from localcloud.client.handle import REPOSITORY
from operations.sample_finding import BUCKET, main, sample

CALLER = "arn:aws:iam::111122223333:user/operator"
MESSAGE = sample(
    CALLER, "arn:aws:kms:eu-west-1:111122223333:key/1", datetime(2026, 11, 27, 12, 0, 0, 5, tzinfo=UTC)
)


def test_sample_has_the_schema_of_every_finding() -> None:
    schema = json.loads((REPOSITORY / "docs/finding.schema.json").read_text())

    jsonschema.validate(json.loads(MESSAGE.document), schema)


def test_document_names_the_account_and_region_of_the_stack_and_the_caller() -> None:
    (finding,) = json.loads(MESSAGE.document)["findings"]

    assert (finding["account"], finding["region"]) == ("111122223333", "eu-west-1")
    assert finding["actor"]["who"] == CALLER
    assert finding["resource"]["name"] == BUCKET


@pytest.mark.parametrize("text", [MESSAGE.document, MESSAGE.email])
def test_document_and_e_mail_say_that_nothing_happened(text: str) -> None:
    assert "this is a sample: no such bucket was created, and nothing was changed" in text
    assert "do nothing" in text


def test_subject_names_the_sample_bucket() -> None:
    assert MESSAGE.subject.endswith("bucket reseal-sample-finding")


def test_missing_credentials_are_reported_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--stack", "reseal"])

    assert status == 1
    assert capsys.readouterr().err == "sample-finding: nothing was published: Unable to locate credentials\n"
