"""Amazon S3 and Amazon CloudWatch: how often the objects of buckets are read and written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from reseal.aws.errors import translated
from reseal.core.kms_cost import DAYS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONFIGURATIONS, METRIC_DATA = "s3:GetMetricsConfiguration", "cloudwatch:GetMetricData"

COUNTED = ("GetRequests", "PutRequests", "PostRequests")
"""The request metrics of the calls that read or write an object. Lists and HEAD are counted apart."""

MOST_BUCKETS = 500 // len(COUNTED)
"""Buckets in one question: GetMetricData takes 500 metrics (H23)."""

_DAY = 86_400


class S3RequestMetrics:
    """`RequestMetrics` on Amazon S3 and Amazon CloudWatch (E27)."""

    def __init__(self, s3: S3Client, cloudwatch: Any, account: str) -> None:
        self._s3, self._cloudwatch, self._account = s3, cloudwatch, account

    def filter_of(self, bucket: str) -> str | None:
        """The id of the configuration without a filter: only that one counts the whole bucket."""
        return next((one["Id"] for one in self._configurations(bucket) if "Filter" not in one), None)

    def count(self, filters: Mapping[str, str], until: datetime) -> Mapping[str, int]:
        """The sums of the last 30 days, by bucket. A metric without requests has no values."""
        counted = dict.fromkeys(filters, 0)
        buckets = list(filters)
        for first in range(0, len(buckets), MOST_BUCKETS):
            asked = buckets[first : first + MOST_BUCKETS]
            for result in self._results(_queries(asked, filters), until):
                bucket = asked[int(result["Id"].partition("_")[2])]
                counted[bucket] += round(sum(result["Values"]))
        return counted

    def _configurations(self, bucket: str) -> Iterator[Any]:
        further: dict[str, Any] = {}
        while True:
            with translated(CONFIGURATIONS):
                answer = self._s3.list_bucket_metrics_configurations(
                    Bucket=bucket, ExpectedBucketOwner=self._account, **further
                )
            yield from answer.get("MetricsConfigurationList", [])
            if not answer.get("IsTruncated"):
                return
            further = {"ContinuationToken": answer["NextContinuationToken"]}

    def _results(self, queries: list[Any], until: datetime) -> Iterator[Any]:
        further: dict[str, Any] = {}
        while True:
            with translated(METRIC_DATA):
                answer = self._cloudwatch.get_metric_data(
                    MetricDataQueries=queries,
                    StartTime=until - timedelta(days=DAYS),
                    EndTime=until,
                    **further,
                )
            yield from answer["MetricDataResults"]
            if not answer.get("NextToken"):
                return
            further = {"NextToken": answer["NextToken"]}


def _queries(buckets: Sequence[str], filters: Mapping[str, str]) -> list[Any]:
    """Each metric of each bucket; its id ends in the bucket's index."""
    return [
        _query(f"{metric.lower()}_{index}", metric, bucket, filters[bucket])
        for index, bucket in enumerate(buckets)
        for metric in COUNTED
    ]


def _query(query: str, metric: str, bucket: str, filter_id: str) -> Any:
    dimensions = [{"Name": "BucketName", "Value": bucket}, {"Name": "FilterId", "Value": filter_id}]
    return {
        "Id": query,
        "MetricStat": {
            "Metric": {"Namespace": "AWS/S3", "MetricName": metric, "Dimensions": dimensions},
            "Period": _DAY,
            "Stat": "Sum",
        },
    }
