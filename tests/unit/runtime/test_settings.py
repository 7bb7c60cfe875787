"""The environment, read once: what is right, and every fault that is not, all at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from reseal.core.errors import SettingsError
from reseal.core.policy.requirements import Mode
from reseal.core.state.bucket_encryption import SseAlgorithm
from reseal.runtime.settings import OF_S3, Settings, read_settings
from tests.support.builders import BUCKET_KEY, DEFAULT_MODES, SSE_C_BLOCK

KEY = "arn:aws:kms:us-east-1:111122223333:key/0d9a4c1e-8f27-4b63-a5c0-71e2d3f4b5a6"
OTHER_KEY = "arn:aws:kms:us-east-1:444455556666:key/mrk-1234567890abcdef1234567890abcdef"
MODES = {check: mode for check, mode in DEFAULT_MODES.items() if check in OF_S3} | {SSE_C_BLOCK: Mode.OFF}
RIGHT = {
    "ACCOUNT_ID": "111122223333",
    "AWS_REGION": "us-east-1",
    "MODE": "enforce",
    "CHECK_MODES": ",".join(f"{check}={mode}" for check, mode in MODES.items()),
    "REQUIRED_ENCRYPTION": "SSE-KMS",
    "REMEDIATION_KEY_ARN": KEY,
    "APPROVED_KEYS": "account",
    "REPLACE_UNAPPROVED_KEYS": "false",
    "EXEMPT_CONTROL_TOWER": "true",
    "CALLERS_MAY_USE_KEY": "false",
    "TOPIC_ARN": "arn:aws:sns:us-east-1:111122223333:alerts",
    "LEDGER_TABLE": "ledger",
    "SNAPSHOT_TABLE": "seen",
    "LEDGER_DAYS": "400",
    "RUNBOOK_URL": "docs/runbook.md",
    "ALERT_WINDOW_SECONDS": "300",
    "QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/lane",
}
READ: list[tuple[str, str, Callable[[Settings], Any], Any]] = [
    ("ACCOUNT_ID", "111122223333", lambda s: s.account, "111122223333"),
    ("AWS_REGION", "eu-west-1", lambda s: s.region, "eu-west-1"),
    ("MODE", "detect", lambda s: s.policy.default.mode, Mode.DETECT),
    ("MODE", "off", lambda s: s.policy.default.mode, Mode.OFF),
    ("REQUIRED_ENCRYPTION", "DSSE-KMS", lambda s: s.policy.default.required, SseAlgorithm.DSSE_KMS),
    ("REMEDIATION_KEY_ARN", OTHER_KEY, lambda s: s.policy.default.remediation_key, OTHER_KEY),
    ("APPROVED_KEYS", "account", lambda s: s.policy.default.listed_keys, None),
    (
        "APPROVED_KEYS",
        f"{KEY},{OTHER_KEY}",
        lambda s: s.policy.default.listed_keys,
        {KEY, OTHER_KEY},
    ),
    ("APPROVED_KEYS", KEY.removeprefix("arn:"), lambda s: s.policy.default.listed_keys, {KEY}),
    ("REPLACE_UNAPPROVED_KEYS", "true", lambda s: s.policy.default.replace_unapproved, True),
    ("EXEMPT_CONTROL_TOWER", "false", lambda s: s.policy.exempt_control_tower, False),
    ("TOPIC_ARN", "arn:aws:sns:x", lambda s: s.topic_arn, "arn:aws:sns:x"),
    ("SNAPSHOT_TABLE", "t", lambda s: s.snapshot_table, "t"),
    ("LEDGER_TABLE", "evidence", lambda s: s.ledger_table, "evidence"),
    ("LEDGER_DAYS", "7", lambda s: s.ledger_kept, timedelta(days=7)),
    ("ALERT_WINDOW_SECONDS", "0", lambda s: s.window_seconds, 0),
    ("ALERT_WINDOW_SECONDS", "900", lambda s: s.window_seconds, 900),
    ("QUEUE_URL", "https://sqs/lane", lambda s: s.queue_url, "https://sqs/lane"),
    ("RUNBOOK_URL", "https://wiki/runbook", lambda s: s.policy.default.runbook, "https://wiki/runbook"),
    (
        "CHECK_MODES",
        RIGHT["CHECK_MODES"],
        lambda s: s.policy.default.check_modes,
        MODES,
    ),
]
WRONG = [
    (
        "ALERT_WINDOW_SECONDS",
        "901",
        "ALERT_WINDOW_SECONDS is '901', not a number of seconds from 0 to 900",
    ),
    ("ALERT_WINDOW_SECONDS", "-1", "ALERT_WINDOW_SECONDS is '-1'"),
    ("MODE", "audit", "MODE is 'audit', not one of enforce, detect, off"),
    ("REQUIRED_ENCRYPTION", "AES256", "REQUIRED_ENCRYPTION is 'AES256'"),
    ("REMEDIATION_KEY_ARN", "alias/reseal", "an alias is not accepted"),
    ("REMEDIATION_KEY_ARN", KEY.replace("key/", "alias/"), "an alias is not accepted"),
    (
        "APPROVED_KEYS",
        f"{KEY},alias/team",
        "APPROVED_KEYS must be 'account' or a list of key ARNs, but has: alias/team",
    ),
    ("APPROVED_KEYS", "Account", "APPROVED_KEYS must be"),
    ("REPLACE_UNAPPROVED_KEYS", "yes", "REPLACE_UNAPPROVED_KEYS is 'yes'"),
    ("LEDGER_DAYS", "0", "LEDGER_DAYS is '0'"),
    ("LEDGER_DAYS", "a year", "LEDGER_DAYS is 'a year'"),
    ("LEDGER_DAYS", "-1", "LEDGER_DAYS is '-1'"),
    (
        "CHECK_MODES",
        "S3.BucketKey=detect",
        f"has no mode for {', '.join(sorted(MODES.keys() - {BUCKET_KEY}))}",
    ),
    ("CHECK_MODES", RIGHT["CHECK_MODES"] + ",S3.Other=off", "'S3.Other=off' does not have the form"),
    (
        "CHECK_MODES",
        RIGHT["CHECK_MODES"].replace("=off", "=on"),
        "'S3.BucketSseCBlock=on' does not have the form",
    ),
]


@pytest.mark.parametrize(
    ("name", "text", "read", "value"), READ, ids=[f"{name}={text:.12}" for name, text, _, _ in READ]
)
def test_setting_is_read(name: str, text: str, read: Callable[[Settings], Any], value: object) -> None:
    assert read(read_settings(RIGHT | {name: text})) == value


@pytest.mark.parametrize(
    ("name", "text", "fault"), WRONG, ids=[f"{name}={text:.12}" for name, text, _ in WRONG]
)
def test_wrong_setting_is_named_with_its_value(name: str, text: str, fault: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings(RIGHT | {name: text})

    assert fault in str(raised.value)


@pytest.mark.parametrize("blank", [None, "", "  "], ids=["absent", "empty", "spaces"])
@pytest.mark.parametrize("name", RIGHT)
def test_missing_setting_is_named(name: str, blank: str | None) -> None:
    environment = {key: value for key, value in RIGHT.items() if key != name}
    if blank is not None:
        environment[name] = blank

    with pytest.raises(SettingsError, match=f"{name} is not set"):
        read_settings(environment)


def test_every_fault_is_listed_at_once() -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings({})

    assert [name for name in RIGHT if f"{name} is not set" not in str(raised.value)] == []


def test_other_variables_of_the_runtime_are_ignored() -> None:
    assert read_settings(RIGHT | {"LANG": "en_US.UTF-8"}) == read_settings(RIGHT)
