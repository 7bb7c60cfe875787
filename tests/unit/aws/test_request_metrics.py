"""The exact requests about request metrics: which count a whole bucket, and what they counted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from reseal.aws.request_metrics import MOST_BUCKETS, S3RequestMetrics
from reseal.core.errors import AccessDeniedError
from tests.support.builders import ACCOUNT
from tests.support.fakes.stubs import stubbed

NOW = datetime(2026, 11, 27, tzinfo=UTC)
MONTH_AGO = datetime(2026, 10, 28, tzinfo=UTC)
PART = {"Id": "logs", "Filter": {"Prefix": "logs/"}}


def test_configuration_without_a_filter_counts_the_whole_bucket() -> None:
    with stubbed("s3") as (client, stub):
        expected = {"Bucket": "payroll", "ExpectedBucketOwner": ACCOUNT}
        listed = {"IsTruncated": True, "NextContinuationToken": "t", "MetricsConfigurationList": [PART]}
        stub.add_response("list_bucket_metrics_configurations", listed, expected)
        rest = {"IsTruncated": False, "MetricsConfigurationList": [{"Id": "all"}]}
        stub.add_response("list_bucket_metrics_configurations", rest, {**expected, "ContinuationToken": "t"})

        assert S3RequestMetrics(client, None, ACCOUNT).filter_of("payroll") == "all"


@pytest.mark.parametrize("listed", [{}, {"MetricsConfigurationList": [PART]}])
def test_bucket_that_is_counted_in_part_or_not_at_all_has_none(listed: dict[str, Any]) -> None:
    with stubbed("s3") as (client, stub):
        stub.add_response("list_bucket_metrics_configurations", listed)

        assert S3RequestMetrics(client, None, ACCOUNT).filter_of("payroll") is None


def test_reads_and_writes_of_thirty_days_are_added_up() -> None:
    with stubbed("cloudwatch") as (client, stub):
        queries = [query("getrequests", "GetRequests"), query("putrequests", "PutRequests")]
        asked = {
            "MetricDataQueries": [*queries, query("postrequests", "PostRequests")],
            "StartTime": MONTH_AGO,
            "EndTime": NOW,
        }
        first = {"MetricDataResults": [{"Id": "getrequests_0", "Values": [5.0, 7.0]}], "NextToken": "t"}
        second = {"MetricDataResults": [{"Id": "putrequests_0", "Values": [1.0]}]}
        stub.add_response("get_metric_data", first, asked)
        stub.add_response("get_metric_data", second, {**asked, "NextToken": "t"})

        assert S3RequestMetrics(None, client, ACCOUNT).count({"payroll": "all"}, NOW) == {"payroll": 13}  # type: ignore[arg-type]


def query(id_: str, metric: str) -> dict[str, Any]:
    dimensions = [{"Name": "BucketName", "Value": "payroll"}, {"Name": "FilterId", "Value": "all"}]
    named = {"Namespace": "AWS/S3", "MetricName": metric, "Dimensions": dimensions}
    return {"Id": f"{id_}_0", "MetricStat": {"Metric": named, "Period": 86_400, "Stat": "Sum"}}


def test_one_question_has_at_most_500_metrics() -> None:
    with stubbed("cloudwatch") as (client, stub):
        filters = {f"bucket-{number}": "all" for number in range(MOST_BUCKETS + 1)}
        stub.add_response("get_metric_data", {"MetricDataResults": []})
        last = {"MetricDataResults": [{"Id": "getrequests_0", "Values": [2.0]}]}
        stub.add_response("get_metric_data", last)

        counted = S3RequestMetrics(None, client, ACCOUNT).count(filters, NOW)  # type: ignore[arg-type]

        assert 3 * MOST_BUCKETS <= 500
        assert (counted["bucket-0"], counted[f"bucket-{MOST_BUCKETS}"]) == (0, 2)


def test_denied_metrics_are_a_refusal() -> None:
    with stubbed("cloudwatch") as (client, stub):
        stub.add_client_error("get_metric_data", "AccessDenied", http_status_code=403)

        with pytest.raises(AccessDeniedError):
            S3RequestMetrics(None, client, ACCOUNT).count({"payroll": "all"}, NOW)  # type: ignore[arg-type]
