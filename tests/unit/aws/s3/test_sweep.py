"""The exact requests of the sweep: the list of buckets, the report, the queues."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from reseal.aws.s3.listing import S3BucketList
from reseal.aws.s3.reports import S3Reports
from reseal.aws.sqs import SqsQueue
from reseal.core.errors import AccessDeniedError, TransientError
from tests.support.builders import ACCOUNT
from tests.support.fakes.stubs import stubbed

BUCKETS = [{"Name": name, "CreationDate": datetime(2026, 1, 1, tzinfo=UTC)} for name in ("a", "b")]


@pytest.mark.parametrize(("token", "sent"), [(None, {}), ("t", {"ContinuationToken": "t"})])
def test_page_is_of_this_region(token: str | None, sent: dict[str, str]) -> None:
    with stubbed("s3") as (client, stub):
        answer = {"Buckets": BUCKETS, "ContinuationToken": "next"}
        stub.add_response("list_buckets", answer, {"MaxBuckets": 2, "BucketRegion": "us-east-1", **sent})

        assert S3BucketList(client, "us-east-1").page(token, 2) == (["a", "b"], "next")


def test_last_page_has_no_token() -> None:
    with stubbed("s3") as (client, stub):
        stub.add_response("list_buckets", {"Buckets": []})

        assert S3BucketList(client, "us-east-1").page(None, 2) == ([], None)


def test_denied_list_is_a_refusal() -> None:
    with stubbed("s3") as (client, stub):
        stub.add_client_error("list_buckets", "AccessDenied", http_status_code=403)

        with pytest.raises(AccessDeniedError):
            S3BucketList(client, "us-east-1").page(None, 2)


def test_report_is_written_to_this_accounts_bucket() -> None:
    with stubbed("s3") as (client, stub):
        expected: dict[str, Any] = {
            "Bucket": "reports",
            "Key": "sweeps/report.html",
            "Body": "ä".encode(),
            "ContentType": "text/html",
            "ExpectedBucketOwner": ACCOUNT,
        }
        stub.add_response("put_object", {}, expected)

        reports = S3Reports(client, "reports", ACCOUNT)
        reports.write("sweeps/report.html", "ä", "text/html")

    assert reports.place("x") == "s3://reports/x"


def test_report_that_is_refused_is_tried_again() -> None:
    with stubbed("s3") as (client, stub):
        stub.add_client_error("put_object", "AccessDenied", http_status_code=403)

        with pytest.raises(TransientError, match="report bucket refused"):
            S3Reports(client, "reports", ACCOUNT).write("x", "", "text/html")


def test_message_is_sent_to_the_queue_of_this_name() -> None:
    with stubbed("sqs") as (client, stub):
        url = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/looks"
        expected = {"QueueUrl": url, "DelaySeconds": 9, "MessageBody": "body"}
        stub.add_response("send_message", {}, expected)

        SqsQueue(client, ACCOUNT, "looks").send("body", 9)


def test_message_that_is_refused_is_tried_again() -> None:
    with stubbed("sqs") as (client, stub):
        stub.add_client_error("send_message", "AccessDenied", http_status_code=403)

        with pytest.raises(TransientError, match="queue refused"):
            SqsQueue(client, ACCOUNT, "looks").send("body", 0)
