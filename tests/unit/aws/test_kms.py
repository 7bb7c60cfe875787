"""What KMS shows of a key policy and of a key, and what it refuses to show."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from reseal.aws.kms import KmsKeys
from reseal.core.errors import RefusalError, TransientError
from reseal.core.state.kms_key import KeyNotFound, KmsKey
from tests.support.builders import a_key
from tests.support.entries import KEY
from tests.support.fakes.services import FakeClock
from tests.support.fakes.stubs import stubbed

POLICY = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}]}
ASKED = {"KeyId": KEY, "PolicyName": "default"}
ONE_POLICY, TWO_POLICIES = {"PolicyNames": ["default"]}, {"PolicyNames": ["AWS_RAM", "default"]}
METADATA = {"KeyId": "k", "Arn": KEY, "KeyState": "Enabled", "KeyManager": "CUSTOMER"}
METADATA |= {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS"}


def test_policy_is_read_again_when_it_is_as_old_as_the_caller_allows() -> None:
    clock = FakeClock()
    with stubbed("kms") as (client, stub):
        stub.add_response("get_key_policy", {"Policy": json.dumps(POLICY)}, ASKED)
        stub.add_response("list_key_policies", ONE_POLICY, {"KeyId": KEY})
        stub.add_response("get_key_policy", {"Policy": "{}"}, ASKED)
        keys = KmsKeys(client, clock)

        first, kept = (keys.read_policy(KEY, max_age=5) for _ in range(2))
        clock.sleep(5)
        later = keys.read_policy(KEY, max_age=5)

    assert (first, kept, later) == (POLICY, POLICY, {})


@pytest.mark.parametrize("code", ["AccessDeniedException", "NotFoundException"])
def test_policy_that_kms_does_not_show_is_none(code: str) -> None:
    with stubbed("kms") as (client, stub):
        stub.add_client_error("get_key_policy", code, http_status_code=400)

        assert KmsKeys(client, FakeClock()).read_policy(KEY, max_age=5) is None


SHARED = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "444455556666"}}}


def test_policy_of_a_key_that_ram_shares_has_the_statements_of_both() -> None:
    with stubbed("kms") as (client, stub):
        stub.add_response("get_key_policy", {"Policy": json.dumps(POLICY)}, ASKED)
        stub.add_response("list_key_policies", TWO_POLICIES, {"KeyId": KEY})
        answer = {"Policy": json.dumps(SHARED)}
        stub.add_response("get_key_policy", answer, {"KeyId": KEY, "PolicyName": "AWS_RAM"})

        found = KmsKeys(client, FakeClock()).read_policy(KEY, max_age=0)

    assert found == {"Version": "2012-10-17", "Statement": [*POLICY["Statement"], SHARED["Statement"]]}


@pytest.mark.parametrize("refused", ["list_key_policies", "get_key_policy"])
def test_policy_is_unknown_if_the_second_one_may_exist_and_is_not_shown(refused: str) -> None:
    with stubbed("kms") as (client, stub):
        stub.add_response("get_key_policy", {"Policy": json.dumps(POLICY)}, ASKED)
        if refused == "get_key_policy":
            stub.add_response("list_key_policies", TWO_POLICIES, {"KeyId": KEY})
        stub.add_client_error(refused, "AccessDeniedException", http_status_code=400)

        assert KmsKeys(client, FakeClock()).read_policy(KEY, max_age=0) is None


def test_policy_that_kms_cannot_show_now_is_tried_again() -> None:
    with stubbed("kms") as (client, stub):
        stub.add_client_error("get_key_policy", "KMSInternalException", http_status_code=500)

        with pytest.raises(TransientError, match="kms:GetKeyPolicy: KMSInternalException"):
            KmsKeys(client, FakeClock()).read_policy(KEY, max_age=5)


def test_key_is_the_same_when_it_is_not_asked_for_again() -> None:
    with stubbed("kms") as (client, stub):
        stub.add_response("describe_key", {"KeyMetadata": METADATA}, {"KeyId": KEY})
        keys = KmsKeys(client, FakeClock())

        assert keys.describe(KEY) == keys.describe(KEY)


def test_fresh_answers_are_asked_for_and_kept() -> None:
    with stubbed("kms") as (client, stub):
        for state, policy in (("Enabled", POLICY), ("Disabled", {})):
            stub.add_response("describe_key", {"KeyMetadata": METADATA | {"KeyState": state}}, {"KeyId": KEY})
            stub.add_response("get_key_policy", {"Policy": json.dumps(policy)}, ASKED)
            if state == "Enabled":  # the names of the policies are known for an hour
                stub.add_response("list_key_policies", ONE_POLICY, {"KeyId": KEY})
        keys = KmsKeys(client, FakeClock())
        keys.describe(KEY)
        keys.read_policy(KEY, max_age=5)

        fresh = keys.describe(KEY, max_age=0), keys.read_policy(KEY, max_age=0)

        assert fresh == (keys.describe(KEY), {})
        assert keys.describe(KEY) == replace(a_key(KEY), state="Disabled")


@pytest.mark.parametrize(
    ("metadata", "origin"),
    [(METADATA | {"Origin": "EXTERNAL_KEY_STORE"}, "EXTERNAL_KEY_STORE"), ({"KeyId": "k"}, "")],
    ids=["said", "not said"],
)
def test_key_has_the_origin_that_kms_says(metadata: dict[str, str], origin: str) -> None:
    unsaid = {name: value for name, value in METADATA.items() if name != "Origin"}
    with stubbed("kms") as (client, stub):
        stub.add_response("describe_key", {"KeyMetadata": unsaid | metadata}, {"KeyId": KEY})

        key = KmsKeys(client, FakeClock()).describe(KEY)

    assert isinstance(key, KmsKey)
    assert key.origin == origin


@pytest.mark.parametrize("code", ["NotFoundException", "InvalidArnException", "ValidationException"])
def test_name_that_is_no_key_is_not_found(code: str) -> None:
    with stubbed("kms") as (client, stub):
        stub.add_client_error("describe_key", code, http_status_code=400)

        assert KmsKeys(client, FakeClock()).describe(KEY) == KeyNotFound(named=KEY)


def test_any_other_refusal_is_not_taken_for_a_missing_key() -> None:
    with stubbed("kms") as (client, stub):
        stub.add_client_error("describe_key", "UnsupportedOperationException", http_status_code=400)

        with pytest.raises(RefusalError, match="kms:DescribeKey: UnsupportedOperationException"):
            KmsKeys(client, FakeClock()).describe(KEY)
