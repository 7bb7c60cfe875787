"""Request metrics: configured on a bucket, counted by CloudWatch, and read as the sweep reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client.handle import ACCOUNT, LocalCloud
from reseal.aws.request_metrics import S3RequestMetrics
from tests.support.names import unique

MAY_READ = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "cloudwatch:GetMetricData", "Resource": "*"}],
}


@pytest.fixture
def metrics(s3: Any, local_cloud: LocalCloud) -> S3RequestMetrics:
    user = local_cloud.create_user(unique("counting"), MAY_READ)
    return S3RequestMetrics(s3, local_cloud.client("cloudwatch", user), ACCOUNT)


def configure(s3: Any, bucket: str, id_: str, **filter_: Any) -> None:
    configuration: Any = {"Id": id_, **filter_}
    s3.put_bucket_metrics_configuration(Bucket=bucket, Id=id_, MetricsConfiguration=configuration)


def test_configuration_is_listed_as_it_was_put(s3: Any, bucket: str) -> None:
    configure(s3, bucket, "logs", Filter={"Prefix": "logs/"})
    configure(s3, bucket, "all")

    listed = s3.list_bucket_metrics_configurations(Bucket=bucket)["MetricsConfigurationList"]

    assert listed == [{"Id": "all"}, {"Id": "logs", "Filter": {"Prefix": "logs/"}}]


def test_bucket_has_none_at_first_and_none_that_was_deleted(s3: Any, bucket: str) -> None:
    configure(s3, bucket, "all")
    s3.delete_bucket_metrics_configuration(Bucket=bucket, Id="all")

    assert "MetricsConfigurationList" not in s3.list_bucket_metrics_configurations(Bucket=bucket)
    with pytest.raises(ClientError, match="NoSuchConfiguration"):
        s3.get_bucket_metrics_configuration(Bucket=bucket, Id="all")


def test_reads_and_writes_of_objects_are_counted(s3: Any, bucket: str, metrics: S3RequestMetrics) -> None:
    s3.put_object(Bucket=bucket, Key="before", Body=b"x")
    configure(s3, bucket, "all")
    for _ in range(3):
        s3.get_object(Bucket=bucket, Key="before")
    s3.put_object(Bucket=bucket, Key="after", Body=b"x")
    s3.list_objects_v2(Bucket=bucket)

    filter_id = metrics.filter_of(bucket)
    counted = metrics.count({bucket: str(filter_id)}, datetime.now(UTC) + timedelta(minutes=1))

    assert filter_id == "all"
    assert counted == {bucket: 4}


def test_metrics_of_a_part_of_a_bucket_do_not_count_it(
    s3: Any, bucket: str, metrics: S3RequestMetrics
) -> None:
    configure(s3, bucket, "logs", Filter={"Prefix": "logs/"})

    assert metrics.filter_of(bucket) is None
