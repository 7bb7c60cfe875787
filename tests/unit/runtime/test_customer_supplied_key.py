"""Whether every caller is taken to be allowed to use the remediation key, also the stack's own."""

from __future__ import annotations

import pytest

from reseal.runtime.settings import read_settings
from tests.support.builders import TEAM_KEY, K
from tests.unit.functions.test_enforce_bucket import SETTINGS


@pytest.mark.parametrize(
    ("key", "vouched_for", "may"),
    [(K, "false", False), (K, "true", True), (TEAM_KEY, "false", False), (TEAM_KEY, "true", True)],
    ids=["the stack's", "the stack's, confirmed", "customer-supplied", "customer-supplied, confirmed"],
)
def test_callers_may_use_a_key_only_if_the_operator_confirms_it(
    key: str, vouched_for: str, may: bool
) -> None:
    settings = read_settings(SETTINGS | {"REMEDIATION_KEY_ARN": key, "CALLERS_MAY_USE_KEY": vouched_for})

    assert settings.policy.default.callers_may_use_key is may
