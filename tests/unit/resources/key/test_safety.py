"""The key safety matrix: whatever is called on whatever key, only the writes of this table are made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from reseal.core.policy.policy import Policy
from reseal.core.policy.requirements import Mode
from reseal.core.state.kms_key import KmsKey
from tests.support.builders import (
    DEFAULT_MODES,
    ENFORCE_ALL,
    KEY_DELETION,
    KEY_ROTATION,
    PARTNER_KEY,
    TEAM_KEY,
    UNLISTED_KEY,
    K,
    a_key,
    a_policy,
)
from tests.support.fakes.services import NOON
from tests.unit.resources.key.stage import WAS_ENABLED, Stage, a_look, call_on

LISTED_KEYS = frozenset({TEAM_KEY, PARTNER_KEY})
ROTATES, KEEPS = ("EnableKeyRotation",), ("CancelKeyDeletion", "EnableKey")
CANCELS = ("CancelKeyDeletion",)
DOOMED = {"state": "PendingDeletion", "deletion_date": NOON + timedelta(days=7)}

CALLS = (
    "DisableKey",
    "EnableKey",
    "DisableKeyRotation",
    "EnableKeyRotation",
    "ScheduleKeyDeletion",
    "CancelKeyDeletion",
    "DeleteImportedKeyMaterial",
    "PutKeyPolicy",
    "CreateAlias",
    "UpdateAlias",
    "DeleteAlias",
    "look",
)
"""The calls of `KeyRule`, and a look, which also stands for the hourly question."""


def modes(**checks: Mode) -> dict[str, Mode]:
    named = {"rotation": KEY_ROTATION, "deletion": KEY_DELETION}
    return dict.fromkeys(ENFORCE_ALL, Mode.DETECT) | {named[name]: mode for name, mode in checks.items()}


def policy(check_modes: dict[str, Mode], mode: Mode = Mode.ENFORCE) -> Policy:
    return a_policy(listed_keys=LISTED_KEYS, check_modes=check_modes, mode=mode)


POLICIES = {
    "enforce both": policy(ENFORCE_ALL),
    "enforce rotation": policy(modes(rotation=Mode.ENFORCE)),
    "enforce deletion": policy(modes(deletion=Mode.ENFORCE)),
    "defaults": policy(dict(DEFAULT_MODES)),
    "detect both": policy(modes()),
    "stack detects": policy(ENFORCE_ALL, Mode.DETECT),
    "stack is off": policy(ENFORCE_ALL, Mode.OFF),
    "checks are off": policy(dict.fromkeys(ENFORCE_ALL, Mode.OFF)),
}
MAY_ROTATE = {"enforce both", "enforce rotation", "defaults"}
MAY_KEEP = {"enforce both", "enforce deletion"}


@dataclass(frozen=True, slots=True)
class Case:
    """A key, whether a bucket is known to use it and it was enabled, and the writes if its check enforces."""

    key: KmsKey
    rotates: bool = False
    keeps: tuple[str, ...] = ()
    used: bool = False
    was_enabled: bool = True


CASES = {
    "K": Case(a_key(K), rotates=True),
    "K, pending deletion": Case(a_key(K, **DOOMED), keeps=KEEPS),
    "K, pending deletion, was disabled": Case(a_key(K, **DOOMED), keeps=CANCELS, was_enabled=False),
    "K, waits for its replicas": Case(a_key(K, state="PendingReplicaDeletion"), keeps=KEEPS),
    "K, disabled": Case(a_key(K, state="Disabled")),
    "listed": Case(a_key(), rotates=True),
    "listed, pending deletion": Case(a_key(**DOOMED), keeps=KEEPS),
    "listed, disabled": Case(a_key(state="Disabled")),
    "listed, pending import": Case(a_key(state="PendingImport", origin="EXTERNAL")),
    "listed, imported": Case(a_key(origin="EXTERNAL")),
    "listed, in CloudHSM": Case(a_key(origin="AWS_CLOUDHSM")),
    "listed, asymmetric": Case(a_key(spec="RSA_4096")),
    "listed, for HMAC": Case(a_key(spec="HMAC_256", usage="GENERATE_VERIFY_MAC")),
    "listed, a replica": Case(
        a_key(primary="arn:aws:kms:eu-west-1:111122223333:key/mrk-0d9a4c1e8f274b63a5c071e2d3f4b5a6")
    ),
    "listed, of another account": Case(a_key(PARTNER_KEY)),
    "listed, of another account, pending deletion": Case(a_key(PARTNER_KEY, **DOOMED)),
    "used": Case(a_key(UNLISTED_KEY), rotates=True, used=True),
    "used, pending deletion": Case(a_key(UNLISTED_KEY, **DOOMED), used=True),
    "used, disabled": Case(a_key(UNLISTED_KEY, state="Disabled"), used=True),
    "unknown": Case(a_key(UNLISTED_KEY)),
    "unknown, pending deletion": Case(a_key(UNLISTED_KEY, **DOOMED)),
    "AWS managed": Case(a_key(UNLISTED_KEY, manager="AWS"), used=True),
}


def allowed(case: Case, mode: str, call: str) -> list[tuple[str, str]]:
    """The table. A key that this very call disabled is not enabled again."""
    writes = ROTATES if case.rotates and mode in MAY_ROTATE else ()
    writes += case.keeps if mode in MAY_KEEP else ()
    return [(write, case.key.arn) for write in writes if (write, call) != ("EnableKey", "DisableKey")]


def staged(case: Case, mode: str) -> Stage:
    stage = Stage(policy=POLICIES[mode], keys=(case.key,))
    if case.was_enabled:
        stage.kms.known.known[case.key.arn] = WAS_ENABLED
    if case.used:
        stage.cloud.key_uses.note(case.key.arn, "payroll", NOON)
    return stage


@pytest.mark.parametrize("mode", POLICIES)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_only_the_writes_of_the_table_are_made_after_any_call(case: Case, mode: str) -> None:
    for name in CALLS:
        stage = staged(case, mode)
        alias = {"requestParameters": {"aliasName": "alias/a", "targetKeyId": case.key.arn}}
        record = alias if "Alias" in name else {}

        stage.deliver(a_look(case.key.arn) if name == "look" else call_on(case.key.arn, name, **record))

        assert stage.kms.management.writes == allowed(case, mode, name), name
