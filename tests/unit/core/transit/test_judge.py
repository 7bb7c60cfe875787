"""The verdict against an independent judge: it never says yes while a request over plain HTTP may pass."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, seed, settings

from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.transit.verdict import verdict_of
from tests.unit.core.transit.authors import policy as by_chance
from tests.unit.core.transit.oracle import BUCKET, refused_to_all_over_tls, undenied_over_http

POLICIES = int(os.environ.get("RESEAL_POLICY_PAIRS", "1000"))
AUTHORS = 10
A_YES, A_REFUSAL = 0.1, 0.01
"""The least shares of policies that deny plain HTTP, and that refuse TLS: without them nothing is asked."""


@pytest.mark.parametrize("author", range(AUTHORS))
def test_no_answer_about_generated_policies_is_unsound(author: int) -> None:
    answers: Counter[str] = Counter()

    @seed(author)
    @settings(max_examples=POLICIES // AUTHORS, derandomize=False)
    @given(by_chance())
    def ask(document: dict[str, Any]) -> None:
        verdict = verdict_of(BucketPolicy.of(document), BUCKET)
        answers.update({"asked": 1, "yes": verdict.denies_http, "refusal": bool(verdict.denies_tls)})
        if verdict.denies_http:
            assert list(undenied_over_http(document)) == []
        if verdict.denies_tls:
            assert any(refused_to_all_over_tls(document))

    ask()

    assert answers["yes"] >= answers["asked"] * A_YES
    assert answers["refusal"] >= answers["asked"] * A_REFUSAL
