"""The functions' settings, the deployment configuration and the pinned requirements."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from localcloud.client.handle import REPOSITORY
from reseal.core.checks.catalogue import CHECK_BY_ID
from reseal.core.errors import SettingsError
from reseal.core.repairs.objects.method import GIB
from reseal.runtime.settings import (
    OF_KEYS,
    OF_S3,
    read_key_settings,
    read_object_settings,
    read_settings,
    read_sweep_settings,
)
from tests.support.translated import of_type, resolved, translated

LOCK_FILES = [*REPOSITORY.glob("requirements/*.txt"), REPOSITORY / "layers" / "reseal" / "requirements.txt"]
PINNED = re.compile(r"^[A-Za-z0-9._-]+(\[[a-z,]+\])?==[^\s;]+")


def settings_read(*reads: Callable[[dict[str, str]], object]) -> set[str]:
    """Every variable that a function reads: its errors name each missing one."""
    missing: set[str] = set()
    for read in reads:
        with pytest.raises(SettingsError) as raised:
            read({})
        missing |= set(re.findall(r"([A-Z_]+) is not set", str(raised.value)))
    return missing


def variables(function: str = "EnforceBucketFunction", **parameters: str) -> dict[str, Any]:
    functions = of_type(resolved(**parameters), "AWS::Lambda::Function")
    found: dict[str, Any] = functions[function]["Environment"]["Variables"]
    return found


@pytest.mark.parametrize(
    ("function", "reads"),
    [
        ("EnforceBucketFunction", [read_settings]),
        ("EnforceObjectFunction", [read_object_settings]),
        ("EnforceKeyFunction", [read_key_settings]),
        ("SweepFunction", [read_sweep_settings]),
    ],
)
def test_template_sets_exactly_what_the_function_reads(
    function: str, reads: list[Callable[[dict[str, str]], object]]
) -> None:
    # Lambda sets AWS_REGION itself.
    assert variables(function).keys() | {"AWS_REGION"} == settings_read(*reads)


OF_OBJECTS = {
    "EXEMPT_LOG_DELIVERIES": "true",
    "MULTIPART_COPY_LIMIT_GIB": 50,
    "QUEUE_URL": {"Ref": "UrgentObjectQueue"},
    "OBJECT_SCOPE": "*",
    "REENCRYPTION_METHOD": "copy",
}
"""The additional settings of the object function, with the defaults."""


def test_object_function_gets_every_setting_of_the_bucket_function() -> None:
    parameters = {"KmsKeyArn": "arn:aws:kms:us-east-1:111122223333:key/mrk-1", "Mode": "detect"}

    of_buckets = variables(**parameters)
    del of_buckets["SNAPSHOT_TABLE"]

    assert variables("EnforceObjectFunction", **parameters) == of_buckets | OF_OBJECTS


@pytest.mark.parametrize(
    ("parameter", "value", "variable"),
    [
        ("ExemptLogDeliveries", "false", "EXEMPT_LOG_DELIVERIES"),
        ("MultipartCopyLimitGiB", "5", "MULTIPART_COPY_LIMIT_GIB"),
        ("ObjectScope", "team-,payroll/", "OBJECT_SCOPE"),
        ("ReencryptionMethod", "in-place", "REENCRYPTION_METHOD"),
    ],
)
def test_parameter_of_the_object_lane_reaches_its_function(parameter: str, value: str, variable: str) -> None:
    assert variables("EnforceObjectFunction", **{parameter: value})[variable] == value


@pytest.mark.parametrize("function", ["EnforceBucketFunction", "EnforceObjectFunction", "EnforceKeyFunction"])
def test_alert_window_reaches_each_lane(function: str) -> None:
    assert variables(function, AlertWindowSeconds="0")["ALERT_WINDOW_SECONDS"] == "0"


OF_ITS_OWN = {
    "BUCKET_LOOK_QUEUE_URL": {"Ref": "BucketLookQueue"},
    "CHECK_MODES": variables("EnforceKeyFunction")["CHECK_MODES"],
    "KEY_LOOK_QUEUE_URL": {"Ref": "KeyLookQueue"},
    "KEY_ROTATION_DAYS": 365,
    "QUEUE_URL": {"Ref": "KeyQueue"},
}
"""The settings of the key function that the bucket function lacks or has otherwise, with the defaults."""


def test_key_function_gets_every_other_setting_of_the_bucket_function() -> None:
    parameters = {"KmsKeyArn": "arn:aws:kms:us-east-1:111122223333:key/mrk-1", "Mode": "detect"}

    assert variables("EnforceKeyFunction", **parameters) == variables(**parameters) | OF_ITS_OWN


def test_period_of_rotation_reaches_the_key_function() -> None:
    assert variables("EnforceKeyFunction", KeyRotationDays="90")["KEY_ROTATION_DAYS"] == "90"


def test_key_function_can_read_the_templates_settings() -> None:
    key = "arn:aws:kms:us-east-1:111122223333:key/0d9a4c1e-8f27-4b63-a5c0-71e2d3f4b5a6"
    handed = variables("EnforceKeyFunction", KmsKeyArn=key, ApprovedKeys=f"{key}1")
    texts = {name: str(value) for name, value in handed.items()}

    settings = read_key_settings(texts | {"AWS_REGION": "us-east-1"})

    assert settings.watched == {key, f"{key}1"}
    assert settings.settings.policy.default.rotation_days == 365


def test_every_check_has_its_mode_in_one_function_or_another() -> None:
    assert CHECK_BY_ID.keys() == OF_S3 | OF_KEYS
    assert set() == OF_S3 & OF_KEYS


@pytest.mark.parametrize(
    ("function", "checks"),
    [("EnforceBucketFunction", OF_S3), ("EnforceObjectFunction", OF_S3), ("EnforceKeyFunction", OF_KEYS)],
)
def test_template_gives_every_check_its_mode(function: str, checks: frozenset[str]) -> None:
    modes = dict(pair.split("=") for pair in variables(function)["CHECK_MODES"].split(","))

    assert modes.keys() == checks


@pytest.mark.parametrize("mode", ["enforce", "detect"])
@pytest.mark.parametrize("required", ["SSE-KMS", "DSSE-KMS"])
def test_function_can_read_the_templates_settings(mode: str, required: str) -> None:
    key = "arn:aws:kms:us-east-1:111122223333:key/0d9a4c1e-8f27-4b63-a5c0-71e2d3f4b5a6"
    handed = variables(Mode=mode, RequiredEncryption=required, KmsKeyArn=key, ApprovedKeys=key)
    texts = {name: value if isinstance(value, str) else "x" for name, value in handed.items()}

    numbers = {name: str(value) for name, value in handed.items() if isinstance(value, int)}

    settings = read_settings(texts | numbers | {"AWS_REGION": "us-east-1"})

    assert (settings.policy.default.mode.value, settings.policy.default.remediation_key) == (mode, key)


@pytest.mark.parametrize(("window", "limit"), [("0", "5"), ("900", "50")])
def test_object_function_can_read_the_templates_settings(window: str, limit: str) -> None:
    key = "arn:aws:kms:us-east-1:111122223333:key/0d9a4c1e-8f27-4b63-a5c0-71e2d3f4b5a6"
    handed = variables(
        "EnforceObjectFunction", KmsKeyArn=key, AlertWindowSeconds=window, MultipartCopyLimitGiB=limit
    )
    texts = {name: str(value) for name, value in handed.items()}

    settings = read_object_settings(texts | {"AWS_REGION": "us-east-1"})

    assert settings.settings.window_seconds == int(window)
    assert settings.settings.policy.default.exempts_log_deliveries
    assert settings.methods.largest_in_parts == int(limit) * GIB


@pytest.mark.parametrize("parameter", ["KmsKeyArn", "ApprovedKeys"])
@pytest.mark.parametrize(
    "wrong",
    ["arn:aws:kms:us-east-1:111122223333:alias/team", "alias/team", "0d9a4c1e-8f27-4b63-a5c0-71e2d3f4b5a6"],
    ids=["alias ARN", "alias", "bare id"],
)
def test_key_parameter_refuses_everything_but_key_arns(parameter: str, wrong: str) -> None:
    pattern = translated()["Parameters"][parameter]["AllowedPattern"]

    assert re.fullmatch(pattern, wrong) is None


@pytest.mark.parametrize("parameter", ["KmsKeyArn", "ApprovedKeys"])
@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_key_parameter_accepts_arns_of_every_partition(parameter: str, partition: str) -> None:
    pattern = translated()["Parameters"][parameter]["AllowedPattern"]

    assert re.fullmatch(pattern, f"arn:{partition}:kms:us-east-1:111122223333:key/mrk-1234abcd")


def samconfig() -> dict[str, Any]:
    return tomllib.loads((REPOSITORY / "samconfig.toml").read_text())


def test_samconfig_has_an_enforce_and_a_detect_environment() -> None:
    overrides = {
        name: environment["deploy"]["parameters"]["parameter_overrides"]
        for name, environment in samconfig().items()
        if isinstance(environment, dict)
    }

    assert overrides == {"default": "Mode=enforce", "detect": "Mode=detect"}


@pytest.mark.parametrize("environment", ["default", "detect"])
def test_deployment_without_changes_is_no_failure(environment: str) -> None:
    assert samconfig()[environment]["deploy"]["parameters"]["fail_on_empty_changeset"] is False


def test_guided_deployment_keeps_its_answers_in_a_file_that_git_ignores() -> None:
    recipe = subprocess.run(
        ["make", "-n", "guided"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout

    (kept,) = re.findall(r'deploy --guided --config-file "([^"]+)"', recipe)
    assert subprocess.run(["git", "check-ignore", "-q", kept], cwd=REPOSITORY, check=False).returncode == 0


@pytest.mark.parametrize("lock_file", LOCK_FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_requirement_is_pinned_with_hashes(lock_file: Path) -> None:
    text = lock_file.read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]

    loose = [line[:60] for line in lines if not PINNED.match(line) or "--hash=sha256:" not in line]
    assert (loose, bool(lines)) == ([], True)
