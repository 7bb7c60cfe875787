"""The settings of a key: what equals, what meets, and what the ledger keeps."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from reseal.core.repairs.ledger_entry import CHANGES, STATES
from reseal.core.state.key_settings import KeyRotation, KeyState, KeyStateChange, RotationChange
from reseal.core.state.kms_key import parse_key_reference
from reseal.core.state.setting import Change, Setting, State
from tests.support.builders import TEAM_KEY, a_key
from tests.support.fakes.services import NOON

OFF, YEARLY, OFTEN = (
    KeyRotation(enabled=False),
    KeyRotation(enabled=True, period=365),
    KeyRotation(enabled=True, period=90),
)
ENABLED, DISABLED = KeyState(state="Enabled"), KeyState(state="Disabled")
PENDING = KeyState(state="PendingDeletion", deletion_date=NOON)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (OFF, OFF, True),
        (OFF, KeyRotation(enabled=False, period=90), True),
        (YEARLY, YEARLY, True),
        (YEARLY, OFTEN, False),
        (YEARLY, OFF, False),
    ],
)
def test_rotations_are_equal_if_the_key_rotates_alike(
    one: KeyRotation, other: KeyRotation, equal: bool
) -> None:
    assert one.equals(other) is equal


@pytest.mark.parametrize(
    ("found", "intended", "met"),
    [(YEARLY, YEARLY, True), (OFTEN, YEARLY, True), (OFF, YEARLY, False), (YEARLY, OFF, True)],
)
def test_rotation_meets_another_if_it_is_on(found: KeyRotation, intended: KeyRotation, met: bool) -> None:
    assert found.meets(intended) is met


@pytest.mark.parametrize(
    ("found", "intended", "met"),
    [
        (ENABLED, ENABLED, True),
        (ENABLED, DISABLED, True),
        (DISABLED, DISABLED, True),
        (DISABLED, ENABLED, False),
        (PENDING, DISABLED, False),
    ],
)
def test_enabled_key_is_more_than_a_disabled_one(found: KeyState, intended: KeyState, met: bool) -> None:
    assert found.meets(intended) is met


def test_date_of_a_deletion_does_not_make_another_state() -> None:
    assert PENDING.equals(KeyState(state="PendingDeletion", deletion_date=NOON + timedelta(hours=9)))
    assert not PENDING.equals(DISABLED)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (OFF, "no rotation"),
        (YEARLY, "rotation every 365 days"),
        (ENABLED, "Enabled"),
        (PENDING, "PendingDeletion until 2026-11-23T12:00:00+00:00"),
    ],
)
def test_state_in_words(state: State, words: str) -> None:
    assert state.in_words == words


@pytest.mark.parametrize(
    ("setting", "state"),
    [
        (Setting.KEY_ROTATION, OFF),
        (Setting.KEY_ROTATION, YEARLY),
        (Setting.KEY_STATE, ENABLED),
        (Setting.KEY_STATE, PENDING),
    ],
)
def test_ledger_keeps_a_state(setting: Setting, state: State) -> None:
    assert STATES[setting](json.loads(json.dumps(state.to_document()))) == state


@pytest.mark.parametrize(
    ("change", "written"),
    [
        (RotationChange(period=90), OFTEN),
        (KeyStateChange(enables=True), ENABLED),
        (KeyStateChange(enables=False), DISABLED),
    ],
)
def test_ledger_keeps_a_change_and_what_it_writes(change: Change, written: State) -> None:
    document = json.loads(json.dumps(change.to_document()))

    assert CHANGES[document["setting"]](document) == change
    assert change.applied_to(OFF if written is OFTEN else PENDING) == written
    assert change.key_arn is None


def test_state_of_a_key_is_what_kms_says() -> None:
    assert KeyState.of(a_key(state="PendingDeletion", deletion_date=NOON)) == PENDING


@pytest.mark.parametrize(
    ("text", "is_key_arn", "is_own_alias"),
    [
        (TEAM_KEY, True, False),
        (f"{TEAM_KEY} x", False, False),
        ("alias/team", False, True),
        ("alias/aws/s3", False, False),
        ("alias/team x", False, False),
        ("11111111-1111-1111-1111-111111111111", False, False),
        ("arn:aws:kms:us-east-1:111122223333:alias/team", False, False),
    ],
)
def test_how_a_bucket_can_name_a_key(text: str, is_key_arn: bool, is_own_alias: bool) -> None:
    named = parse_key_reference(text)

    assert (named.is_well_formed_key_arn, named.is_own_alias) == (is_key_arn, is_own_alias)
