"""What a Bucket Key would save: asked only where one can, and never guessed."""

from __future__ import annotations

import pytest

from reseal.core.errors import AccessDeniedError, RefusalError, TransientError
from tests.support.builders import SSE_KMS, TEAM_KEY, encryption
from tests.unit.sweep.stage import RIGHT, WRONG, Account

PAYING = encryption(SSE_KMS, TEAM_KEY)
DENIED = AccessDeniedError("AccessDenied", "s3:GetMetricsConfiguration", "no")


def counting(requests: int = 2_000_000) -> Account:
    account = Account.holding({"payroll": PAYING, "photos": RIGHT, "plain": WRONG})
    account.sweep.metrics.filters["payroll"] = "all"
    account.sweep.metrics.counts["payroll"] = requests
    return account


def row_of(account: Account, bucket: str) -> dict[str, object]:
    return next(row for row in account.lines() if row.get("name") == bucket)


def test_cost_is_told_without_and_with_a_bucket_key() -> None:
    row = row_of(counting().start(), "payroll")

    assert (row["kms_requests"], row["kms_usd"], row["kms_usd_with_bucket_key"]) == (2_000_000, 6.0, 0.06)


def test_only_buckets_under_sse_kms_without_a_bucket_key_are_asked_about() -> None:
    account = counting().start()

    assert (account.steps()["read request metrics"], account.steps()["count requests"]) == (1, 1)
    assert {row_of(account, name)["kms_usd"] for name in ("photos", "plain")} == {None}


def test_bucket_without_request_metrics_says_so() -> None:
    account = counting()
    account.sweep.metrics.filters.clear()

    row = row_of(account.start(), "payroll")

    assert row["kms_usd"] is None
    assert row["kms_cost_unknown"] == "not known: the bucket has no request metrics without a filter"


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (DENIED, "not looked at: s3:GetMetricsConfiguration is denied"),
        (RefusalError("Odd", "s3:GetMetricsConfiguration", "x"), "not looked at: s3:GetMetricsConfiguration"),
        (TransientError("503"), "not looked at: AWS did not answer"),
    ],
)
@pytest.mark.parametrize("call", ["filter_of", "count"])
def test_what_cannot_be_read_is_told_and_stops_nothing(error: Exception, why: str, call: str) -> None:
    account = counting()
    account.sweep.metrics.failures[call].append(error)

    account.start()

    assert str(row_of(account, "payroll")["kms_cost_unknown"]).startswith(why)
    assert any(
        line.startswith("KMS cost of 1 bucket without a Bucket Key: not looked at")
        for line in account.lines()[0]["not_looked_at"]
    )


def test_bucket_that_has_a_bucket_key_since_has_no_cost() -> None:
    account = counting().start()
    account.cloud.buckets.state["payroll"] = RIGHT

    assert row_of(account.start("s2"), "payroll")["kms_usd"] is None
