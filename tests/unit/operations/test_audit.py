"""`make audit` on an account in memory: what it finds and writes to disk, and that it changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.client
import pytest
from moto import mock_aws

from operations import audit, sweep
from operations.planned_key import _USES
from reseal.core.sweep.progress import Asked, asked_by
from tests.support.translated import resolved

READS = ("Get", "List", "Describe", "Head")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The AWS calls of the test, in an account with a bucket under SSE-S3 and one under a key of its own."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    made: list[str] = []
    original = botocore.client.BaseClient._make_api_call

    def counted(self: Any, operation: str, parameters: Any) -> Any:
        made.append(operation)
        return original(self, operation, parameters)

    with mock_aws():
        s3, kms = boto3.client("s3"), boto3.client("kms")
        for name in ("plain", "right"):
            s3.create_bucket(Bucket=name)
        key = kms.create_key(KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["Arn"]  # moto has no default
        rule = {
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key},
            "BucketKeyEnabled": True,
            "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
        }
        s3.put_bucket_encryption(Bucket="right", ServerSideEncryptionConfiguration={"Rules": [rule]})
        monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", counted)
        yield made


def rows_in(folder: Path) -> dict[str, Any]:
    lines = [json.loads(line) for line in (folder / "report.jsonl").read_text().splitlines()]
    return {row["name"]: row for row in lines[1:]}


def test_audit_writes_the_report_and_says_that_it_found_violations(calls: list[str], tmp_path: Path) -> None:
    code = audit.main(["--output", str(tmp_path), "--rate", "1000"])

    plain = rows_in(tmp_path)["plain"]["checks"]["S3.BucketDefaultEncryption"]
    assert code == audit.FOUND
    assert (plain["status"], plain["recommendation"]) == ("DETECTED", audit.ADVICE)
    assert {path.name for path in tmp_path.iterdir()} == {"report.html", "report.csv", "report.jsonl"}


def test_audit_only_reads(calls: list[str], tmp_path: Path) -> None:
    audit.main(["--output", str(tmp_path), "--rate", "1000"])

    assert {one for one in calls if not one.startswith(READS)} == set()


def test_audit_prints_the_head_of_the_report_for_programs(
    calls: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audit.main(["--output", str(tmp_path), "--rate", "1000", "--json"])

    head = json.loads(capsys.readouterr().out)
    assert head["counts"]["S3.BucketDefaultEncryption"] == {"COMPLIANT": 1, "DETECTED": 1}


def test_audit_prints_one_screen_for_people(
    calls: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audit.main(["--output", str(tmp_path), "--rate", "1000"])

    text = capsys.readouterr().out
    assert "2 buckets" in text
    assert "Nothing was changed." in text
    assert len(text.splitlines()) < 24


def test_least_severity_for_the_exit_code_can_be_raised(calls: list[str], tmp_path: Path) -> None:
    assert audit.main(["--output", str(tmp_path), "--rate", "1000", "--fail-on", "CRITICAL"]) == audit.CLEAN


def test_audit_without_rights_says_what_failed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))

    assert audit.main(["--output", str(tmp_path), "--region", "us-east-1"]) == audit.BROKEN
    assert "audit: Unable to locate credentials" in capsys.readouterr().err


def test_planned_key_has_the_policy_of_the_templates_key() -> None:
    policy = resolved()["Resources"]["RemediationKey"]["Properties"]["KeyPolicy"]
    (statement,) = [s for s in policy["Statement"] if s["Sid"].startswith("UsedThroughS3")]

    assert statement["Action"] == [f"kms:{use}" for use in _USES]


def test_make_sweep_sends_what_the_schedule_sends() -> None:
    assert asked_by(sweep.BEGIN, "m1") == Asked(sweep="m1", hop=0)
