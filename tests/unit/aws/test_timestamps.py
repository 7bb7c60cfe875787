"""The quick reading of timestamps: what botocore reads, in S3's own formats without guessing."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.utils import parse_timestamp as botocores
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import HTTPResponse

from reseal.aws import timestamps
from reseal.aws.timestamps import is_header_date, parse_timestamp, read_timestamps_quickly
from reseal.runtime.wiring.clients import Clients

NOW = datetime(2026, 11, 24, 22, 52, 42, tzinfo=UTC)
SINCE_S3_BEGAN = st.datetimes(datetime(2006, 3, 14), datetime(2999, 12, 31), timezones=st.just(UTC))
AS_IN_HEADERS, AS_IN_BODIES = "%a, %d %b %Y %H:%M:%S GMT", "%Y-%m-%dT%H:%M:%S.%fZ"


@given(SINCE_S3_BEGAN)
def test_a_headers_time_is_read_as_botocore_reads_it(moment: datetime) -> None:
    written = moment.strftime(AS_IN_HEADERS)

    assert parse_timestamp(written) == botocores(written) == moment.replace(microsecond=0)


@given(SINCE_S3_BEGAN)
def test_a_bodys_time_is_read_as_botocore_reads_it(moment: datetime) -> None:
    written = moment.strftime(AS_IN_BODIES)

    assert parse_timestamp(written) == botocores(written) == moment


@pytest.mark.parametrize("written", ["Tue, 24 Nov 2026 22:52:42 GMT", "2026-11-24T22:52:42Z"])
def test_nothing_is_guessed_of_what_s3_writes(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timestamps, "guess_timestamp", lambda value: pytest.fail(f"guessed {value}"))

    assert parse_timestamp(written) == NOW


ODD = [
    1795560762,  # JSON protocols
    "1795560762",
    "Sunday, 06-Nov-94 08:49:37 GMT",
    "Tue, 24 Nov 26 22:52:42 GMT",
    "Tue, 24 Nov 2026 22:52:42 +0200",
    "2026-11-24T22:52:42+02:00",
    "2026-11-24 22:52:42Z",
    "20261124T225242Z",
]


@pytest.mark.parametrize("written", ODD)
def test_other_formats_are_left_to_botocore(written: Any) -> None:
    assert parse_timestamp(written) == botocores(written)


NONE = [
    "never",
    "",
    "Tue, 24 Nov 2026 22:52:42 +0200 GMT",
    "4 Nov 2026 22:52:42 +0200 GMT",
    "Tue, 31 Feb 2026 22:52:42 GMT",
    "Tue, 24 Nov 2026 22:52:60 GMT",
    "2026-W48-2T22Z",
    "2026-13-24T22:52:42Z",
    "2026-11-24T25:52:42Z",
]


@pytest.mark.parametrize("written", NONE)
def test_what_is_no_time_is_refused_as_botocore_refuses_it(written: str) -> None:
    with pytest.raises(ValueError, match="Invalid timestamp") as refused:
        botocores(written)

    with pytest.raises(ValueError, match=re.escape(str(refused.value))):
        parse_timestamp(written)


def test_the_deployed_clients_read_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore's own reading has a time zone of dateutil's."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "none")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    client = Clients("eu-west-1").of("s3")
    client.meta.events.register("before-send.s3.HeadObject", an_answer)

    answer = client.head_object(Bucket="reseal-example-payroll", Key="salaries.csv")

    assert (answer["LastModified"], answer["LastModified"].tzinfo) == (NOW, UTC)


def an_answer(request: Any, **_: object) -> AWSResponse:
    headers = {"Last-Modified": "Tue, 24 Nov 2026 22:52:42 GMT"}
    return AWSResponse(request.url, 200, headers, HTTPResponse(BytesIO(), preload_content=False))


def test_other_sessions_read_as_before() -> None:
    quick, other = botocore.session.get_session(), botocore.session.get_session()

    read_timestamps_quickly(quick)

    parser = other.get_component("response_parser_factory").create_parser("rest-xml")
    assert parser._timestamp_parser is botocores


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("Tue, 24 Nov 2026 22:52:42 GMT", True),
        ("Tue, 24 Nov 2026 22:52:42 +0000", False),
        ("Wed, 24 Nov 2026 22:52:42 GMT", False),  # it was a Tuesday
        ("Tue, 24 Nov 2026 22:52:42 -0500", False),
        ("2026-11-24T22:52:42Z", False),
        ("0", False),
        ("soon", False),
    ],
)
def test_only_a_date_that_would_be_written_the_same_again_is_a_headers(text: str, *, is_one: bool) -> None:
    assert is_header_date(text) is is_one
