"""Headers beyond ASCII, from the bytes that S3 returns to the bytes that a copy sends (C37)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import boto3
import pytest
from aws_lambda_powertools import Logger

from reseal.aws.s3.objects import S3Objects
from reseal.core.repairs.objects.properties import (
    lost_in_copy,
    lost_in_parts,
    sent_with_copy,
    sent_with_parts,
)
from reseal.core.state.s3_object import ObservedObject, Original
from tests.support.builders import ACCOUNT, BUCKET, KEY, K, object_encryption

UNDER_K = object_encryption("aws:kms", K)
HEADER_BY_NAME = {
    "CacheControl": "Cache-Control",
    "ContentDisposition": "Content-Disposition",
    "ContentLanguage": "Content-Language",
    "ContentType": "Content-Type",
    "WebsiteRedirectLocation": "x-amz-website-redirect-location",
}
_HEAD = b'ETag: "9bb5"\r\nContent-Length: 5\r\nLast-Modified: Mon, 23 Nov 2026 12:00:00 GMT\r\n'
_CREATED = b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
_COPIED = b"<CopyObjectResult><ETag>&quot;9bb5&quot;</ETag></CopyObjectResult>"


class StandIn(ThreadingHTTPServer):
    """S3 with one object of these headers. `received` holds the headers of the last write, in bytes."""

    def __init__(self, stored: Mapping[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.stored, self.received = stored, dict[str, bytes]()


class Handler(BaseHTTPRequestHandler):
    server: StandIn

    def do_HEAD(self) -> None:
        lines = (b"%s: %s\r\n" % (name.encode(), value) for name, value in self.server.stored.items())
        self.wfile.write(b"HTTP/1.1 200 OK\r\n" + _HEAD + b"".join(lines) + b"\r\n")

    def do_POST(self) -> None:
        self._answer(_CREATED)

    def do_PUT(self) -> None:
        self._answer(_COPIED)

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def _answer(self, body: bytes) -> None:
        self.server.received = {name.lower(): v.encode("latin-1") for name, v in self.headers.items()}
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def s3_with(stored: Mapping[str, bytes]) -> Iterator[tuple[StandIn, Any]]:
    server = StandIn(stored)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield (
            server,
            boto3.client(
                "s3",
                "us-east-1",
                endpoint_url=f"http://127.0.0.1:{server.server_port}",
                aws_access_key_id="stub",
                aws_secret_access_key="stub",
            ),
        )
    finally:
        server.shutdown()
        server.server_close()


def read(client: Any) -> ObservedObject:
    return S3Objects(client, ACCOUNT, Logger(service="objects")).read(BUCKET, KEY, None)


TEXTS = ["plain", "Gehälter Å à.csv", "給与", "🔑", "“quoted”"]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", HEADER_BY_NAME)
def test_copy_in_parts_sends_the_bytes_that_s3_returned(name: str, text: str) -> None:
    header = HEADER_BY_NAME[name]
    with s3_with({header: text.encode()}) as (server, client):
        head = read(client)
        sent = sent_with_parts(Original(head=head))
        client.create_multipart_upload(Bucket=BUCKET, Key=KEY, **sent)

    assert (head.website_redirect if name == "WebsiteRedirectLocation" else head.headers[name]) == text
    assert server.received[header.lower()] == text.encode()
    assert lost_in_parts(Original(head=head)) == []


@pytest.mark.parametrize("text", TEXTS)
def test_copy_sends_the_bytes_of_the_redirect_that_s3_returned(text: str) -> None:
    header = HEADER_BY_NAME["WebsiteRedirectLocation"]
    with s3_with({header: text.encode()}) as (server, client):
        head = read(client)
        S3Objects(client, ACCOUNT, Logger(service="objects")).copy(
            head, UNDER_K, sent_with_copy(Original(head=head))
        )

    assert server.received[header] == text.encode()


@pytest.mark.parametrize("name", HEADER_BY_NAME)
def test_bytes_that_are_not_utf_8_are_not_sent_in_parts(name: str) -> None:
    with s3_with({HEADER_BY_NAME[name]: b"caf\xe9"}) as (_, client):
        head = read(client)

    assert head.unreadable_headers == (name,)
    assert lost_in_parts(Original(head=head)) != []
    assert (lost_in_copy(Original(head=head)) != []) == (name == "WebsiteRedirectLocation")


def test_metadata_as_s3_returns_it_is_sent_as_it_is() -> None:
    word = "=?UTF-8?B?R2Vow6RsdGVy?="  # S3 encodes and decodes it by RFC 2047
    with s3_with({"x-amz-meta-title": word.encode()}) as (server, client):
        original = Original(head=read(client))
        client.create_multipart_upload(Bucket=BUCKET, Key=KEY, **sent_with_parts(original))

    assert (lost_in_parts(original), server.received["x-amz-meta-title"]) == ([], word.encode())


def test_metadata_that_botocore_would_refuse_is_not_sent() -> None:
    with s3_with({"x-amz-meta-title": "Gehälter".encode()}) as (_, client):
        original = Original(head=read(client))

    assert ["not ASCII" in why for why in lost_in_parts(original)] == [True]
    assert lost_in_copy(original) == []
