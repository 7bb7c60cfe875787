"""The key lane exists only if one of its checks is on."""

from __future__ import annotations

import json

import pytest

from tests.support.translated import of_type, resolved

CHECKS = ("KeyRotationMode", "KeyDeletionMode", "KeyDisabledMode", "KeyPolicyMode", "KeyAliasMode")
NONE = dict.fromkeys(CHECKS, "off")
OF_THE_LANE = {
    "KeyRule",
    "KeyEndRule",
    "KeyLookQueue",
    "EnforceKeyFunction",
    "EnforceKeyFunctionKeyCalls",
    "EnforceKeyFunctionKeyLooks",
    "EnforceKeyRole",
    "KeyErrorsAlarm",
    "KeyOldestMessageAlarm",
}
KEPT_FOR_THE_LANE = {"KeyQueue", "KeyDeadLetterQueue", "KeyDeadLetterAlarm", "EnforceKeyLogs"}


@pytest.mark.parametrize(
    ("modes", "exists"),
    [
        ({}, True),
        ({"Mode": "detect"}, True),
        ({"Mode": "off"}, False),
        (NONE, False),
        *[(NONE | {check: "detect"}, True) for check in CHECKS],
    ],
)
def test_rules_function_role_and_polling_exist_only_if_keys_are_checked(
    modes: dict[str, str], exists: bool
) -> None:
    made = resolved(**modes)["Resources"].keys()

    assert made & OF_THE_LANE == (OF_THE_LANE if exists else set())
    assert made >= KEPT_FOR_THE_LANE  # messages and evidence may be in them


@pytest.mark.parametrize("modes", [NONE, {"Mode": "off"}])
def test_nothing_names_what_a_lane_that_is_off_does_not_have(modes: dict[str, str]) -> None:
    template = resolved(CreateManagementTrail="true", **modes)

    text = json.dumps({section: template[section] for section in ("Resources", "Outputs")})

    assert [name for name in sorted(OF_THE_LANE) if f'"{name}"' in text] == []
    assert not any(f"${{{name}" in text for name in OF_THE_LANE)


@pytest.mark.parametrize("modes", [NONE, {"Mode": "off"}])
def test_hourly_check_asks_no_lane_that_is_off(modes: dict[str, str]) -> None:
    function = of_type(resolved(**modes), "AWS::Lambda::Function")["CheckTrailFunction"]

    assert function["Environment"]["Variables"]["KEY_LOOK_QUEUE_URL"] == ""
