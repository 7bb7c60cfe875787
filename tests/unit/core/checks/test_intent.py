from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from reseal.core.calls.bucket_call import BucketCall
from reseal.core.calls.look import Look
from reseal.core.checks.intent import SEVERITY, Intent, can_have_set, intent_of
from reseal.core.resource import BucketResource
from reseal.core.state.bucket_encryption import BucketEncryption
from tests.support.builders import (
    BUCKET,
    SSE_KMS,
    STRANGER_KEY,
    TEAM_KEY,
    a_call,
    encryption,
    observe,
    requirements,
    stated,
)
from tests.support.fakes.services import NOON

SSE_S3_FOUND = encryption()
KEY_FOUND = encryption(SSE_KMS, TEAM_KEY)
NO_KEY_FOUND = encryption(SSE_KMS)


@pytest.mark.parametrize(
    ("call", "found", "intent"),
    [
        pytest.param(a_call("CreateBucket"), KEY_FOUND, Intent.NEW, id="create, set since"),
        pytest.param(a_call("DeleteBucketEncryption"), SSE_S3_FOUND, Intent.LOWERED, id="delete"),
        pytest.param(a_call(stated=stated("AES256")), SSE_S3_FOUND, Intent.LOWERED, id="asked for this"),
        pytest.param(a_call(stated=stated("AES256")), KEY_FOUND, Intent.DRIFT, id="asked for something else"),
        pytest.param(a_call(stated=None), KEY_FOUND, Intent.LOWERED, id="not recorded"),
        pytest.param(a_call("PutBucketAcl"), SSE_S3_FOUND, Intent.DRIFT, id="another call"),
    ],
)
def test_the_call_shows_the_intent(call: BucketCall, found: BucketEncryption, intent: Intent) -> None:
    assert intent_of(call, observe(requirements(), found)) is intent


@pytest.mark.parametrize(
    ("created", "intent"),
    [
        (NOON, Intent.NEW),
        (NOON - timedelta(minutes=1), Intent.NEW),
        (NOON - timedelta(minutes=1, seconds=1), Intent.DRIFT),
        (NOON + timedelta(days=1), Intent.NEW),
        (None, Intent.DRIFT),
    ],
    ids=["now", "a minute ago", "before", "S3 names a later change", "S3 does not say"],
)
def test_creation_of_a_bucket_that_was_there_before_is_not_new(
    created: datetime | None, intent: Intent
) -> None:
    observed = replace(observe(requirements(), SSE_S3_FOUND), created=created)

    assert intent_of(a_call("CreateBucket"), observed) is intent


def test_look_explains_nothing_that_is_found() -> None:
    look = Look(event_id="1", time=NOON, resource=BucketResource(bucket=BUCKET))

    assert intent_of(look, observe(requirements(), SSE_S3_FOUND)) is Intent.DRIFT
    assert not can_have_set(look, SSE_S3_FOUND)


@pytest.mark.parametrize(
    ("call", "found"),
    [
        pytest.param(a_call("CreateBucket"), SSE_S3_FOUND, id="a bucket starts so"),
        pytest.param(a_call("DeleteBucketEncryption"), SSE_S3_FOUND, id="deletion leaves it so"),
        pytest.param(a_call(stated=stated("aws:kms", TEAM_KEY)), KEY_FOUND, id="algorithm and key"),
        pytest.param(a_call(stated=stated("aws:kms")), NO_KEY_FOUND, id="algorithm without a key"),
        pytest.param(a_call(stated=stated()), NO_KEY_FOUND, id="the record names nothing"),
        pytest.param(a_call(stated=None), KEY_FOUND, id="the record has no configuration"),
    ],
)
def test_call_can_have_set_what_its_record_does_not_contradict(
    call: BucketCall, found: BucketEncryption
) -> None:
    assert can_have_set(call, found)


@pytest.mark.parametrize(
    ("call", "found"),
    [
        pytest.param(a_call("CreateBucket"), KEY_FOUND, id="creation sets no key"),
        pytest.param(a_call("CreateBucket"), NO_KEY_FOUND, id="creation sets no algorithm"),
        pytest.param(a_call("DeleteBucketEncryption"), KEY_FOUND, id="deletion sets no key"),
        pytest.param(a_call(stated=stated("AES256")), NO_KEY_FOUND, id="another algorithm"),
        pytest.param(a_call(stated=stated("aws:kms", STRANGER_KEY)), KEY_FOUND, id="another key"),
        pytest.param(a_call(stated=stated(None, STRANGER_KEY)), KEY_FOUND, id="another key, no algorithm"),
        pytest.param(a_call(stated=stated("aws:kms")), KEY_FOUND, id="no key, which is aws/s3"),
        pytest.param(a_call(stated=stated()), KEY_FOUND, id="a rule without an algorithm and a key"),
        pytest.param(a_call(stated=stated("aws:kms", TEAM_KEY)), NO_KEY_FOUND, id="a key, where none is"),
        pytest.param(a_call("PutBucketPolicy"), SSE_S3_FOUND, id="a call about something else"),
        pytest.param(a_call("putbucketencryption"), SSE_S3_FOUND, id="names are case sensitive"),
    ],
)
def test_call_cannot_have_set_what_its_record_contradicts(call: BucketCall, found: BucketEncryption) -> None:
    assert not can_have_set(call, found)


def test_every_intent_has_a_severity() -> None:
    assert SEVERITY.keys() == set(Intent)
