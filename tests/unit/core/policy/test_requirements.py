from __future__ import annotations

import pytest

from reseal.core.policy.requirements import Mode
from reseal.core.state.kms_key import KmsKey, parse_key_reference
from tests.support.builders import (
    ACCOUNT,
    DEFAULT_ENCRYPTION,
    OTHER_ACCOUNT,
    PARTNER_KEY,
    REGION,
    STRANGER_KEY,
    TEAM_KEY,
    UNLISTED_KEY,
    K,
    a_key,
    key_arn,
    requirements,
)

LIST = frozenset({TEAM_KEY, PARTNER_KEY})


@pytest.mark.parametrize(
    ("mode", "check_mode", "capped"),
    [
        (Mode.ENFORCE, Mode.ENFORCE, Mode.ENFORCE),
        (Mode.ENFORCE, Mode.DETECT, Mode.DETECT),
        (Mode.ENFORCE, Mode.OFF, Mode.OFF),
        (Mode.DETECT, Mode.ENFORCE, Mode.DETECT),
        (Mode.DETECT, Mode.DETECT, Mode.DETECT),
        (Mode.DETECT, Mode.OFF, Mode.OFF),
        (Mode.OFF, Mode.ENFORCE, Mode.OFF),
        (Mode.OFF, Mode.DETECT, Mode.OFF),
        (Mode.OFF, Mode.OFF, Mode.OFF),
    ],
)
def test_the_mode_of_the_stack_caps_that_of_a_check(mode: Mode, check_mode: Mode, capped: Mode) -> None:
    required = requirements(mode=mode, check_modes={DEFAULT_ENCRYPTION: check_mode})

    result = required.mode_of(DEFAULT_ENCRYPTION)

    assert result is capped


@pytest.mark.parametrize(
    ("key", "in_account_mode", "in_list_mode"),
    [
        pytest.param(a_key(K), True, True, id="K"),
        pytest.param(a_key(TEAM_KEY), True, True, id="own, listed"),
        pytest.param(a_key(UNLISTED_KEY), True, False, id="own, not listed"),
        pytest.param(a_key(PARTNER_KEY), False, True, id="foreign, listed"),
        pytest.param(a_key(STRANGER_KEY), False, False, id="foreign, not listed"),
        pytest.param(a_key(TEAM_KEY, manager="AWS"), False, False, id="AWS managed"),
        pytest.param(a_key(TEAM_KEY, origin="EXTERNAL"), False, True, id="imported material"),
        pytest.param(a_key(TEAM_KEY, origin="EXTERNAL_KEY_STORE"), False, True, id="external key store"),
        pytest.param(a_key(TEAM_KEY, origin="AWS_CLOUDHSM"), True, True, id="CloudHSM"),
        pytest.param(a_key(TEAM_KEY, origin=""), False, True, id="origin not said"),
        pytest.param(a_key(TEAM_KEY, origin="TOMORROWS"), False, True, id="origin not known"),
        pytest.param(a_key(K, origin="EXTERNAL"), True, True, id="K with imported material"),
        pytest.param(
            a_key(key_arn("mrk-1"), origin="EXTERNAL"), False, False, id="replica of an imported key"
        ),
    ],
)
def test_which_keys_are_approved(key: KmsKey, in_account_mode: bool, in_list_mode: bool) -> None:
    assert requirements().approves(key) is in_account_mode
    assert requirements(listed_keys=LIST).approves(key) is in_list_mode


def test_k_of_another_account_is_approved() -> None:
    required = requirements(remediation_key=PARTNER_KEY)

    assert required.approves(a_key(PARTNER_KEY))


@pytest.mark.parametrize(
    ("key_id", "in_account_mode", "in_list_mode"),
    [
        pytest.param(TEAM_KEY, True, True, id="own key ARN"),
        pytest.param("alias/team", True, True, id="alias"),
        pytest.param("1234abcd", True, True, id="bare id"),
        pytest.param(f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/team", True, True, id="own alias ARN"),
        pytest.param(K, True, True, id="K"),
        pytest.param("alias/aws/s3", False, False, id="AWS managed key"),
        pytest.param(f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/aws/s3", False, False, id="its ARN"),
        pytest.param(PARTNER_KEY, False, True, id="listed foreign key"),
        pytest.param(key_arn("9", OTHER_ACCOUNT), False, False, id="foreign key beside a listed one"),
        pytest.param(
            f"arn:aws:kms:{REGION}:{OTHER_ACCOUNT}:alias/x", False, True, id="alias beside a listed key"
        ),
        pytest.param(STRANGER_KEY, False, False, id="another account's key"),
        pytest.param(
            f"arn:aws:kms:{REGION}:777788889999:alias/x", False, False, id="another account's alias"
        ),
        pytest.param(key_arn("9", region="eu-west-1"), False, False, id="own key of another Region"),
        pytest.param(key_arn("mrk-9", region="eu-west-1"), False, False, id="its multi-Region key"),
        pytest.param(
            f"arn:aws:kms:eu-west-1:{OTHER_ACCOUNT}:alias/x", False, False, id="alias of another Region"
        ),
        pytest.param(f"arn:aws-cn:kms:{REGION}:{ACCOUNT}:key/9", False, False, id="key of another partition"),
        pytest.param("mrk-9", True, True, id="bare id of a multi-Region key"),
    ],
)
def test_a_key_is_described_only_where_the_answer_matters(
    key_id: str, in_account_mode: bool, in_list_mode: bool
) -> None:
    reference = parse_key_reference(key_id)

    assert requirements().must_describe(reference) is in_account_mode
    assert requirements(listed_keys=LIST).must_describe(reference) is in_list_mode


def test_the_partition_is_that_of_the_remediation_key() -> None:
    required = requirements(remediation_key="arn:aws-cn:kms:cn-north-1:111122223333:key/1")

    assert required.partition == "aws-cn"
