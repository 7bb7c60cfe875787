"""The contract of `Keys`, for the fake and for the adapter on moto, the local cloud and LocalEmu."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reseal.core.state.kms_key import KeyNotFound, KmsKey
from tests.contract.worlds.services import KeyWorld, bare_id

NAMES_OF_NO_KEY = {
    "key id": "0d9a4c1e-8f27-4b63-a5c0-71e2d3f4b5a6",
    "key ARN": "arn:aws:kms:us-east-1:222233334444:key/0d9a4c1e-8f27-4b63-a5c0-71e2d3f4b5a6",
    "alias": "alias/nobody-made-this",
    "alias ARN": "arn:aws:kms:us-east-1:222233334444:alias/nobody-made-this",
}


def test_key_is_described_by_its_arn(key_world: KeyWorld) -> None:
    key = key_world.new_key()

    assert key_world.keys.describe(key.arn) == key


def test_key_is_described_by_its_bare_id(key_world: KeyWorld) -> None:
    key = key_world.new_key()

    assert key_world.keys.describe(bare_id(key)) == key


def test_alias_is_described_as_the_key_it_names(key_world: KeyWorld) -> None:
    key = key_world.new_key()
    alias = key_world.new_alias(key)

    assert key_world.keys.describe(alias) == key


def test_alias_arn_is_described_as_the_key_it_names(key_world: KeyWorld) -> None:
    key = key_world.new_key()
    alias = key_world.new_alias(key)

    assert key_world.keys.describe(f"{key.arn.rpartition(':')[0]}:{alias}") == key


@pytest.mark.parametrize("name", NAMES_OF_NO_KEY.values(), ids=NAMES_OF_NO_KEY.keys())
def test_unknown_key_name_is_not_found(key_world: KeyWorld, name: str) -> None:
    assert key_world.keys.describe(name) == KeyNotFound(named=name)


def test_disabled_key_has_state_disabled(key_world: KeyWorld) -> None:
    key = key_world.new_key()
    key_world.disable(key)

    assert key_world.keys.describe(key.arn) == replace(key, state="Disabled")


def test_key_scheduled_for_deletion_has_state_pending_deletion(key_world: KeyWorld) -> None:
    key = key_world.new_key()
    key_world.schedule_deletion(key)

    described = key_world.keys.describe(key.arn)
    assert isinstance(described, KmsKey)
    assert replace(described, deletion_date=None) == replace(key, state="PendingDeletion")
    assert described.deletion_date is not None


def test_asymmetric_key_has_its_spec_and_usage(key_world: KeyWorld) -> None:
    key = key_world.new_key("RSA_2048", "SIGN_VERIFY")

    assert key_world.keys.describe(key.arn) == key


def test_key_for_imported_material_has_origin_external(key_world: KeyWorld) -> None:
    described = key_world.keys.describe(key_world.new_key_without_material().arn)

    assert isinstance(described, KmsKey)
    assert described.origin == "EXTERNAL"  # moto does not know the state PendingImport
