"""The environment: the template's parameters as the function receives them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from reseal.core.checks.catalogue import CHECK_BY_ID
from reseal.core.encryption import SseAlgorithm
from reseal.core.errors import SettingsError
from reseal.core.policy import CheckMode, Mode, Policy

_KEY_ARN = re.compile(r"arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+")
_ALGORITHMS = {"SSE-KMS": SseAlgorithm.SSE_KMS, "DSSE-KMS": SseAlgorithm.DSSE_KMS}
_FLAGS = {"true": True, "false": False}
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one deployment is told: its policy, and where its topic and its ledger are."""

    policy: Policy
    topic_arn: str
    ledger_table: str
    ledger_kept: timedelta


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read every setting. Raises SettingsError that lists all faults at once."""
    faults: list[str] = []
    reader = _Reader(environment, faults)
    required = reader.choice("REQUIRED_ENCRYPTION", _ALGORITHMS)
    mode = reader.choice("MODE", {mode.value: mode for mode in Mode})
    replace_unapproved = reader.choice("REPLACE_UNAPPROVED_KEYS", _FLAGS)
    exempt_control_tower = reader.choice("EXEMPT_CONTROL_TOWER", _FLAGS)
    remediation_key, stack_key = reader.key_arn("REMEDIATION_KEY_ARN"), reader.key_arn("STACK_KEY_ARN")
    vouched_for = reader.choice("CALLERS_MAY_USE_KEY", _FLAGS)
    listed_keys = reader.listed_keys("APPROVED_KEYS", besides=stack_key)
    check_modes = reader.check_modes("CHECK_MODES")
    account, region = reader.text("ACCOUNT_ID"), reader.text("AWS_REGION")
    topic_arn, ledger_table = reader.text("TOPIC_ARN"), reader.text("LEDGER_TABLE")
    kept = reader.days("LEDGER_DAYS")
    if faults or required is None or mode is None or replace_unapproved is None:
        raise SettingsError("; ".join(faults))
    policy = Policy(
        account=account,
        region=region,
        required=required,
        remediation_key=remediation_key,
        listed_keys=listed_keys,
        replace_unapproved=replace_unapproved,
        exempt_control_tower=exempt_control_tower is True,
        callers_may_use_key=remediation_key == stack_key or vouched_for is True,
        mode=mode,
        check_modes=check_modes,
    )
    return Settings(policy=policy, topic_arn=topic_arn, ledger_table=ledger_table, ledger_kept=kept)


class _Reader:
    """Reads settings one by one and notes each fault, so that an operator sees all of them."""

    def __init__(self, environment: Mapping[str, str], faults: list[str]) -> None:
        self._environment, self._faults = environment, faults

    def text(self, name: str) -> str:
        value = self._environment.get(name, "").strip()
        if not value:
            self._faults.append(f"{name} is not set")
        return value

    def choice(self, name: str, values: Mapping[str, _T]) -> _T | None:
        value = self.text(name)
        if value and value not in values:
            self._faults.append(f"{name} is {value!r}, not one of {', '.join(values)}")
        return values.get(value)

    def key_arn(self, name: str) -> str:
        value = self.text(name)
        if value and not _KEY_ARN.fullmatch(value):
            self._faults.append(f"{name} is {value!r}, not the ARN of a key (an alias will not do)")
        return value

    def listed_keys(self, name: str, *, besides: str) -> frozenset[str] | None:
        """None for `account`; else the listed ARNs and the stack's key, which buckets may use from before."""
        value = self.text(name)
        if value == "account":
            return None
        keys = frozenset(key.strip() for key in value.split(",") if key.strip())
        wrong = sorted(key for key in keys if not _KEY_ARN.fullmatch(key))
        if wrong:
            self._faults.append(f"{name} is neither 'account' nor a list of key ARNs: {', '.join(wrong)}")
        return keys | {besides}

    def check_modes(self, name: str) -> dict[str, CheckMode]:
        """`<check id>=<mode>` for every check of the catalogue, separated by commas."""
        modes: dict[str, CheckMode] = {}
        for pair in self.text(name).split(","):
            check, _, mode = pair.strip().partition("=")
            if check not in CHECK_BY_ID or mode not in set(CheckMode):
                self._faults.append(f"{name}: {pair.strip()!r} is no <check>=<{'|'.join(CheckMode)}>")
                continue
            modes[check] = CheckMode(mode)
        if missing := sorted(CHECK_BY_ID.keys() - modes):
            self._faults.append(f"{name} gives no mode for {', '.join(missing)}")
        return modes

    def days(self, name: str) -> timedelta:
        value = self.text(name)
        if value and not (value.isdecimal() and int(value) > 0):
            self._faults.append(f"{name} is {value!r}, not a number of days")
            return timedelta(0)
        return timedelta(days=int(value or 0))
