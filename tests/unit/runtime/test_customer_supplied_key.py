"""Whether every caller is taken to be allowed to use the key that repairs write."""

from __future__ import annotations

import pytest

from reseal.runtime.settings import read_settings
from tests.support.builders import TEAM_KEY, K
from tests.unit.functions.test_enforce_bucket import SETTINGS


@pytest.mark.parametrize(
    ("key", "vouched_for", "may"),
    [(K, "false", True), (K, "true", True), (TEAM_KEY, "false", False), (TEAM_KEY, "true", True)],
    ids=["the stack's", "the stack's, vouched for", "customer_supplied", "customer_supplied, vouched for"],
)
def test_callers_may_use_the_stacks_key_and_a_customer_supplied_one_that_is_vouched_for(
    key: str, vouched_for: str, may: bool
) -> None:
    settings = read_settings(SETTINGS | {"REMEDIATION_KEY_ARN": key, "CALLERS_MAY_USE_KEY": vouched_for})

    assert settings.policy.callers_may_use_key is may
