"""A bucket of another Region: S3 redirects, and boto3 would follow, silently."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
import pytest
from aws_lambda_powertools import Logger
from botocore.config import Config
from botocore.exceptions import ClientError

from reseal.aws.s3.buckets import S3Buckets
from reseal.aws.s3.objects import S3Objects
from reseal.core.errors import WrongRegionError
from reseal.core.state.bucket_encryption import BucketEncryption
from tests.support.builders import ACCOUNT, K, an_object, object_encryption
from tests.support.fakes.services import FakeClock
from tests.support.fakes.stubs import stubbed

BODY = b"<Error><Code>PermanentRedirect</Code><Message>use the other endpoint</Message></Error>"


class Redirector(HTTPServer):
    """S3 of the wrong Region: it answers every request with a redirect, and counts them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Redirecting)
        self.requests: list[str] = []

    def client(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{self.server_port}",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(proxies={}, retries={"total_max_attempts": 4, "mode": "standard"}),
        )


class _Redirecting(BaseHTTPRequestHandler):
    server: Redirector

    def _redirect(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.requests.append(self.command)
        self.send_response(301)
        self.send_header("x-amz-bucket-region", "eu-west-1")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    do_GET = do_PUT = _redirect  # noqa: N815 - the names http.server calls

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def redirector() -> Iterator[Redirector]:
    with Redirector() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_boto3_alone_would_follow(redirector: Redirector) -> None:
    with pytest.raises(ClientError):
        redirector.client().get_bucket_encryption(Bucket="payroll")

    assert len(redirector.requests) > 1


def test_copy_is_not_sent_on_by_the_client_for_copies(redirector: Redirector) -> None:
    with stubbed("s3") as (client, _):
        objects = S3Objects(client, ACCOUNT, Logger(service="objects"), copying=redirector.client())

        with pytest.raises(WrongRegionError):
            objects.copy(an_object(), object_encryption("aws:kms", K), {})

    assert redirector.requests == ["PUT"]


def test_read_is_not_sent_on_and_the_region_is_named(redirector: Redirector) -> None:
    with pytest.raises(WrongRegionError) as raised:
        S3Buckets(redirector.client(), "111122223333", FakeClock()).read_encryption("payroll")

    assert (raised.value.region, redirector.requests) == ("eu-west-1", ["GET"])


def test_write_is_not_sent_on_and_the_region_is_named(redirector: Redirector) -> None:
    with pytest.raises(WrongRegionError) as raised:
        S3Buckets(redirector.client(), "111122223333", FakeClock()).put_encryption(
            "payroll", BucketEncryption(algorithm="AES256")
        )

    assert (raised.value.region, redirector.requests) == ("eu-west-1", ["PUT"])
