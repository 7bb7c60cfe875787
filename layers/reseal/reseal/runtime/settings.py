"""The settings of a deployment: the template's parameters, as environment variables of the functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from reseal.core.checks.buckets.tls_check import TLS_ONLY
from reseal.core.checks.catalogue import CHECKS
from reseal.core.errors import SettingsError
from reseal.core.policy.policy import Policy
from reseal.core.policy.requirements import Mode, Requirements
from reseal.core.repairs.objects.method import GIB, LARGEST_COPY, Methods
from reseal.core.resource import KeyResource, ObjectResource
from reseal.core.state.bucket_encryption import SseAlgorithm
from reseal.core.sweep.caps import Caps
from reseal.runtime.environment import FLAGS, Reader

_ALGORITHMS = {"SSE-KMS": SseAlgorithm.SSE_KMS, "DSSE-KMS": SseAlgorithm.DSSE_KMS}
_PREFERS_IN_PLACE = {"copy": False, "in-place": True}
_LONGEST_WINDOW = 900  # seconds, the longest delay of a message (SQS SendMessage, DelaySeconds)
SHORTEST_PERIOD, LONGEST_PERIOD = 90, 2560  # days (F1)
OF_KEYS = frozenset(check.id for check in CHECKS if check.resource is KeyResource)
OF_S3 = frozenset(check.id for check in CHECKS) - OF_KEYS
OF_SWEEP = frozenset(check.id for check in CHECKS if check.resource is not ObjectResource)
"""Each lane gets the modes of its own checks, because a function's environment holds 4 KB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of every lane.

    `ledger_kept` is how long the ledger keeps its entries. `window_seconds` is the alert window; 0 means none
    below CRITICAL. `queue_url` is the lane's own queue, which takes the reminders. The sweep has neither
    ledger nor windows. `snapshot_table` is empty where a lane keeps no snapshot.
    """

    account: str
    region: str
    policy: Policy
    topic_arn: str
    ledger_table: str
    ledger_kept: timedelta
    window_seconds: int
    queue_url: str
    snapshot_table: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectSettings:
    """The settings of the object lane."""

    settings: Settings
    methods: Methods


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySettings:
    """The settings of the key lane. `watched` are the keys that the operator approved one by one."""

    settings: Settings
    watched: frozenset[str]
    look_queue_url: str
    bucket_look_queue_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepSettings:
    """The settings of the sweep. Queues by name; `repairs` is None in SweepMode=detect.

    `settle` is how many seconds a look waits at least.
    """

    settings: Settings
    snapshot_table: str
    report_bucket: str
    own_queue: str
    bucket_looks: str
    key_looks: str
    calls_per_second: int
    settle: int
    repairs: Caps | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketSettings:
    """The settings of the bucket lane. `policy_queue_url` is None if the policy lane does not exist."""

    settings: Settings
    policy_queue_url: str | None


def read_bucket_settings(environment: Mapping[str, str]) -> BucketSettings:
    """Read the settings of the bucket lane. Raises SettingsError, which lists all faults."""
    settings, reader = read_settings(environment), Reader(environment)
    enforces = settings.policy.default.enforces(TLS_ONLY)
    url = reader.text("POLICY_QUEUE_URL") if enforces else None
    if reader.faults:
        raise SettingsError("; ".join(reader.faults))
    return BucketSettings(settings=settings, policy_queue_url=url)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings of the bucket lane. Raises SettingsError, which lists all faults."""
    reader = Reader(environment)
    settings, table = _settings(reader, exempts_log_deliveries=False), reader.text("SNAPSHOT_TABLE")
    if reader.faults or settings is None:
        raise SettingsError("; ".join(reader.faults))
    return replace(settings, snapshot_table=table)


def read_policy_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings of the policy lane. Raises SettingsError, which lists all faults."""
    reader = Reader(environment)
    settings = _settings(reader, exempts_log_deliveries=False)
    if reader.faults or settings is None:
        raise SettingsError("; ".join(reader.faults))
    return settings


def read_object_settings(environment: Mapping[str, str]) -> ObjectSettings:
    """Read the settings of the object lane. Raises SettingsError, which lists all faults."""
    reader = Reader(environment)
    exempt_log_deliveries = reader.choice("EXEMPT_LOG_DELIVERIES", FLAGS)
    settings = _settings(reader, exempts_log_deliveries=exempt_log_deliveries is True)
    prefers_in_place = reader.choice("REENCRYPTION_METHOD", _PREFERS_IN_PLACE)
    limit = reader.number("MULTIPART_COPY_LIMIT_GIB", "GiB", least=LARGEST_COPY // GIB)
    scope = reader.text("OBJECT_SCOPE")
    if reader.faults or settings is None:
        raise SettingsError("; ".join(reader.faults))
    return ObjectSettings(
        settings=replace(settings, policy=replace(settings.policy, object_scope=tuple(scope.split(",")))),
        methods=Methods(prefers_in_place=prefers_in_place is True, largest_in_parts=limit * GIB),
    )


def read_key_settings(environment: Mapping[str, str]) -> KeySettings:
    """Read the settings of the key lane. Raises SettingsError, which lists all faults."""
    reader = Reader(environment)
    days = reader.number("KEY_ROTATION_DAYS", "days", least=SHORTEST_PERIOD, most=LONGEST_PERIOD)
    queue_url, buckets = reader.text("KEY_LOOK_QUEUE_URL"), reader.text("BUCKET_LOOK_QUEUE_URL")
    table = reader.text("SNAPSHOT_TABLE")
    settings = _settings(reader, exempts_log_deliveries=False, checks=OF_KEYS)
    if reader.faults or settings is None:
        raise SettingsError("; ".join(reader.faults))
    default = replace(settings.policy.default, rotation_days=days)
    policy = replace(settings.policy, default=default)
    return KeySettings(
        settings=replace(settings, policy=policy, snapshot_table=table),
        watched=default.named_keys,
        look_queue_url=queue_url,
        bucket_look_queue_url=buckets,
    )


def read_sweep_settings(environment: Mapping[str, str]) -> SweepSettings:
    """Read the settings of the sweep, which opens no entry. Raises SettingsError, which lists all faults."""
    reader = Reader(environment)
    days = reader.number("KEY_ROTATION_DAYS", "days", least=SHORTEST_PERIOD, most=LONGEST_PERIOD)
    settings = _settings(reader, exempts_log_deliveries=False, checks=OF_SWEEP, keeps_ledger=False)
    calls = reader.number("RATE", "calls", least=1)
    settle = reader.number("SETTLE", "seconds", least=0, most=_LONGEST_WINDOW)
    most = reader.number("REPAIRS", "buckets and keys", least=0)
    percent = reader.number("PERCENT", "percent", least=1, most=100)
    table, bucket = reader.text("SNAPSHOT_TABLE"), reader.text("REPORTS")
    notes = reader.text("LEDGER_TABLE")
    own, looks = reader.text("QUEUE"), reader.text("BUCKET_LOOKS")
    key_looks = reader.text("KEY_LOOKS")
    if reader.faults or settings is None:
        raise SettingsError("; ".join(reader.faults))
    default = replace(settings.policy.default, rotation_days=days)
    return SweepSettings(
        settings=replace(settings, policy=replace(settings.policy, default=default), ledger_table=notes),
        snapshot_table=table,
        report_bucket=bucket,
        own_queue=own,
        bucket_looks=looks,
        key_looks=key_looks,
        calls_per_second=calls,
        settle=settle,
        repairs=Caps(number=most, percent=percent) if most else None,
    )


def _settings(
    reader: Reader,
    *,
    exempts_log_deliveries: bool,
    checks: frozenset[str] = OF_S3,
    keeps_ledger: bool = True,
) -> Settings | None:
    required = reader.choice("REQUIRED_ENCRYPTION", _ALGORITHMS)
    mode = reader.choice("MODE", {mode.value: mode for mode in Mode})
    replace_unapproved = reader.choice("REPLACE_UNAPPROVED_KEYS", FLAGS)
    exempt_control_tower = reader.choice("EXEMPT_CONTROL_TOWER", FLAGS)
    remediation_key = reader.key_arn("REMEDIATION_KEY_ARN")
    vouched_for = reader.choice("CALLERS_MAY_USE_KEY", FLAGS)
    listed_keys = reader.listed_keys("APPROVED_KEYS")
    check_modes = reader.check_modes("CHECK_MODES", checks)
    account, region = reader.text("ACCOUNT_ID"), reader.text("AWS_REGION")
    topic_arn, ledger_table = reader.text("TOPIC_ARN"), reader.text("LEDGER_TABLE") if keeps_ledger else ""
    runbook = reader.text("RUNBOOK_URL")
    kept = timedelta(days=reader.number("LEDGER_DAYS", "days", least=1) if keeps_ledger else 0)
    window_seconds = (
        reader.number("ALERT_WINDOW_SECONDS", "seconds", least=0, most=_LONGEST_WINDOW) if keeps_ledger else 0
    )
    queue_url = reader.text("QUEUE_URL") if keeps_ledger else ""
    if reader.faults or required is None or mode is None or replace_unapproved is None:
        return None
    default = Requirements(
        account=account,
        region=region,
        required=required,
        remediation_key=remediation_key,
        listed_keys=listed_keys,
        replace_unapproved=replace_unapproved,
        callers_may_use_key=vouched_for is True,
        exempts_log_deliveries=exempts_log_deliveries,
        mode=mode,
        check_modes=check_modes,
        runbook=runbook,
    )
    return Settings(
        account=account,
        region=region,
        policy=Policy(default=default, exempt_control_tower=exempt_control_tower is True),
        topic_arn=topic_arn,
        ledger_table=ledger_table,
        ledger_kept=kept,
        window_seconds=window_seconds,
        queue_url=queue_url,
    )
