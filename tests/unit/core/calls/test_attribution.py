"""Whether an event stands for the write that made what is there: the table of decision 13."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reseal.core.calls.attribution import is_as_young, is_of_another, may_be_of_another
from reseal.core.state.s3_object import Listed
from tests.support.builders import an_object_call

WHOLE, PARTS = '"9bb58f26192e4ba00f01e2e7b136bbd8"', '"9bb58f26192e4ba00f01e2e7b136bbd8-2"'
TABLE = [
    # call, version, ETag, seconds after the call, of another
    ("PutObject", None, WHOLE, 0.0, False),
    ("PutObject", None, WHOLE, 2.0, False),
    ("PutObject", None, WHOLE, 2.001, True),
    ("PutObject", "null", WHOLE, 3.0, True),
    ("PutObject", "v1", WHOLE, 3.0, False),
    ("PutObject", None, PARTS, -60.0, True),
    ("PostObject", None, PARTS, -60.0, True),
    ("CopyObject", "null", PARTS, -60.0, True),
    ("PutObject", "v1", PARTS, -60.0, False),
    ("CompleteMultipartUpload", None, PARTS, -60.0, False),
    ("CompleteMultipartUpload", None, PARTS, 3.0, True),
    ("UpdateObjectEncryption", None, PARTS, -60.0, False),
]


@pytest.mark.parametrize(("name", "version", "etag", "seconds", "another"), TABLE, ids=map(str, TABLE))
def test_what_is_there_is_of_another_write(
    name: str, version: str | None, etag: str, seconds: float, *, another: bool
) -> None:
    call = an_object_call(name=name, version_id=version)
    there = Listed(etag=etag, last_modified=call.time + timedelta(seconds=seconds))

    assert is_of_another(call, there) is another


@pytest.mark.parametrize(("version", "may_be"), [(None, True), ("null", True), ("v1", False)])
def test_only_a_version_of_its_own_is_a_calls_for_ever(version: str | None, *, may_be: bool) -> None:
    assert may_be_of_another(an_object_call(version_id=version)) is may_be


AGES = [
    # call, version, ETag, seconds after the call, as young
    ("PutObject", None, WHOLE, 3.0, True),
    ("PutObject", None, WHOLE, -30.0, True),
    ("PutObject", None, WHOLE, -30.001, False),
    ("PutObject", "null", WHOLE, -31.0, False),
    ("PutObject", "v1", WHOLE, -400 * 86400.0, True),
    ("CopyObject", None, PARTS, -31.0, False),
    ("UpdateObjectEncryption", None, WHOLE, -31.0, False),
    ("UpdateObjectEncryption", None, PARTS, -31.0, False),
    ("CompleteMultipartUpload", None, WHOLE, -31.0, False),
    ("CompleteMultipartUpload", None, PARTS, -86400.0, True),
    ("CompleteMultipartUpload", None, PARTS, -86400.001, False),
]


@pytest.mark.parametrize(("name", "version", "etag", "seconds", "young"), AGES, ids=map(str, AGES))
def test_what_is_there_is_as_young_as_the_call(
    name: str, version: str | None, etag: str, seconds: float, *, young: bool
) -> None:
    call = an_object_call(name=name, version_id=version)
    there = Listed(etag=etag, last_modified=call.time + timedelta(seconds=seconds))

    assert is_as_young(call, there) is young
