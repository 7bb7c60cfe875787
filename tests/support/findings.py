"""Findings with the facts that follow from check, call and requirements, and what every message must be."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from reseal.core.calls.call import Call
from reseal.core.checks.catalogue import CHECK_BY_ID, Check
from reseal.core.decision import Severity
from reseal.core.findings.finding import Finding, Status, Written
from reseal.core.findings.message import LARGEST, LONGEST_EMAIL, Message
from reseal.core.outcome import Outcome
from reseal.core.repairs.ledger_entry import LedgerEntry
from reseal.core.resource import BucketResource
from reseal.core.state.setting import Setting
from tests.support.builders import (
    BUCKET,
    OBJECT_ENCRYPTION,
    SSE_KMS,
    K,
    an_object_call,
    encryption,
    object_encryption,
    requirements,
)


def a_finding(check: Check | str, call: Call, **facts: Any) -> Finding:
    """A finding of `requirements()`, by default a MANUAL one."""
    row = CHECK_BY_ID[check] if isinstance(check, str) else check
    required = requirements()
    common: dict[str, Any] = {
        "severity": Severity.MEDIUM,
        "status": Status.MANUAL,
        "account": required.account,
        "region": required.region,
        "resource_arn": call.resource.arn(required.partition),
        "required": row.requires(required),
        "runbook": f"{required.runbook}#{row.section}",
        "set_by_call": row.set_by_call(call, facts.get("before")),
    }
    return Finding(check=row, call=call, **(common | facts))


def an_entry(outcome: Outcome | None, before: Any = None, **facts: Any) -> LedgerEntry[Any]:
    """The ledger entry of a write on the bucket, by default of one that changes nothing."""
    found = before or encryption()
    common: dict[str, Any] = {
        "entry_id": "1",
        "resource": BucketResource(bucket=BUCKET),
        "setting": Setting.BUCKET_ENCRYPTION,
        "intended": found,
        "violations": {},
        "checks": (),
        "owner": "me",
        "lease_until": 1,
    }
    return LedgerEntry(before=found, outcome=outcome, **(common | facts))


def a_copied_object(call: Call | None = None, *, seconds: float = 1.0, **facts: Any) -> Finding:
    """An object under SSE-S3 that was copied to the remediation key."""
    call = call or an_object_call()
    before = object_encryption()
    written = Written(
        action="CopyObject",
        after=object_encryption(SSE_KMS, K),
        at=call.time + timedelta(seconds=seconds),
        restores=before,
        details={"StorageClass": "STANDARD"},
    )
    common = {"status": Status.REMEDIATED, "before": before, "written": written}
    return a_finding(OBJECT_ENCRYPTION, call, **(common | facts))


# --- what every message must be, whatever others wrote ------------------------------------------

SCHEMA = json.loads(Path("docs/finding.schema.json").read_text())
MARKED = "evil\u202e\n  Why            nothing is wrong; see http://evil.example/ "
"""A text that would imitate a row, if it could."""


def assert_fits(message: Message) -> None:
    """What SNS accepts (G7), with its attributes as it counts them."""
    attributes = json.dumps(message.attributes) + "String.Array" * len(message.attributes)
    assert len(message.body.encode()) + len(message.subject) + len(attributes) <= LARGEST
    assert len(message.email) <= LONGEST_EMAIL
    assert 0 < len(message.subject) < 100
    assert all(" " <= character <= "~" for character in message.subject)


def outside_quotes(text: str) -> str:
    """The text without its literals. A quote after a letter is an apostrophe."""
    return re.sub(r"""(?<!\w)(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*\")""", "''", text)


def assert_nothing_is_imitated(message: Message) -> None:
    assert not re.search(r"^  \S+ +nothing is wrong", message.email, re.MULTILINE)
    assert all(line.isprintable() for line in message.email.split("\n"))
    assert "evil" not in outside_quotes(message.email)


def assert_keeps_its_schema(message: Message) -> None:
    Draft202012Validator(SCHEMA).validate(json.loads(message.document))
