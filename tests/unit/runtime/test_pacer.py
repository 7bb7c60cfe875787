"""Clients held to the sweep's pace, through botocore's own events."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import get_session

from reseal.runtime.pacer import Pacer

OK = b'<?xml version="1.0"?><ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>'
ERRORS = {
    503: b"<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>",
    403: b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
}


class S3(BaseHTTPRequestHandler):
    """Answers with the prepared status codes, then with 200."""

    statuses: list[int]

    def do_GET(self) -> None:
        status = self.statuses.pop(0) if self.statuses else 200
        body = ERRORS.get(status, OK)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def statuses() -> list[int]:
    return []


@pytest.fixture
def endpoint(statuses: list[int]) -> Iterator[str]:
    handler = type("Prepared", (S3,), {"statuses": statuses})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def paced(endpoint: str, pacer: Pacer, *, attempts: int = 4) -> Any:
    session = get_session()
    session.set_credentials("key", "secret")
    config = Config(retries={"mode": "standard", "total_max_attempts": attempts})
    client = session.create_client("s3", region_name="us-east-1", endpoint_url=endpoint, config=config)
    pacer.guard(client)
    return client


def test_calls_wait_for_their_turn(endpoint: str) -> None:
    slept: list[float] = []
    pacer = Pacer(50, now=lambda: 100.0, sleep=slept.append)
    client = paced(endpoint, pacer)

    for _ in range(3):
        client.list_buckets()

    assert slept == pytest.approx([0.02, 0.04])
    assert pacer.calls == 3


def test_each_repetition_is_a_call_and_throttling_halves_the_rate(endpoint: str, statuses: list[int]) -> None:
    statuses += [503]
    pacer = Pacer(100)

    paced(endpoint, pacer).list_buckets()

    assert pacer.calls == 2
    assert 50 <= pacer.rate < 52


def test_refusal_does_not_slow_the_sweep(endpoint: str, statuses: list[int]) -> None:
    statuses += [403]
    pacer = Pacer(100)

    with pytest.raises(ClientError):
        paced(endpoint, pacer).list_buckets()

    assert pacer.rate == 100


def test_rate_is_held_on_the_real_clock(endpoint: str) -> None:
    pacer = Pacer(40)
    client = paced(endpoint, pacer)
    began = time.monotonic()

    for _ in range(21):
        client.list_buckets()

    assert time.monotonic() - began >= 20 / 40
