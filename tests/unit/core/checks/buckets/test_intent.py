from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from reseal.core.calls.bucket_call import BucketCall
from reseal.core.calls.look import Look
from reseal.core.calls.trigger import BucketTrigger
from reseal.core.checks.buckets.intent import SEVERITY, Intent, can_have_set, intent_of
from reseal.core.checks.buckets.observed_bucket import ObservedBucket
from reseal.core.resource import BucketResource
from reseal.core.state.bucket_encryption import BucketEncryption
from tests.support.builders import BUCKET, NOON, SSE_KMS, STRANGER_KEY, TEAM_KEY, a_call, encryption, stated

SSE_S3_FOUND = encryption()
KEY_FOUND = encryption(SSE_KMS, TEAM_KEY)
NO_KEY_FOUND = encryption(SSE_KMS)
A_LOOK = Look(event_id="look-1", time=NOON, resource=BucketResource(bucket=BUCKET))


def observed(found: BucketEncryption, created: datetime | None = None) -> ObservedBucket:
    return ObservedBucket(read_at=NOON, encryption=found, created=created)


@pytest.mark.parametrize(
    ("call", "found", "intent"),
    [
        pytest.param(a_call("CreateBucket"), KEY_FOUND, Intent.NEW, id="create, set since"),
        pytest.param(a_call("DeleteBucketEncryption"), SSE_S3_FOUND, Intent.LOWERED, id="delete"),
        pytest.param(a_call(stated=stated("AES256")), SSE_S3_FOUND, Intent.LOWERED, id="asked for this"),
        pytest.param(a_call(stated=stated("AES256")), KEY_FOUND, Intent.DRIFT, id="asked for something else"),
        pytest.param(a_call(stated=None), KEY_FOUND, Intent.LOWERED, id="not recorded"),
        pytest.param(a_call("PutBucketAcl"), SSE_S3_FOUND, Intent.DRIFT, id="another call"),
        pytest.param(A_LOOK, SSE_S3_FOUND, Intent.DRIFT, id="a look"),
    ],
)
def test_call_shows_the_intent(call: BucketTrigger, found: BucketEncryption, intent: Intent) -> None:
    assert intent_of(call, observed(found)) is intent


@pytest.mark.parametrize(
    ("created", "intent"),
    [
        pytest.param(NOON, Intent.NEW, id="when the record says"),
        pytest.param(NOON + timedelta(days=1), Intent.NEW, id="later: S3 names the last change"),
        pytest.param(NOON - timedelta(minutes=1), Intent.NEW, id="a minute before"),
        pytest.param(NOON - timedelta(minutes=1, seconds=1), Intent.DRIFT, id="more than a minute before"),
        pytest.param(NOON - timedelta(days=400), Intent.DRIFT, id="a year before"),
        pytest.param(None, Intent.DRIFT, id="not known"),
    ],
)
def test_bucket_that_is_created_is_new_only_if_its_creation_date_agrees(
    created: datetime | None, intent: Intent
) -> None:
    """In us-east-1 a second CreateBucket by the owner succeeds and changes nothing."""
    assert intent_of(a_call("CreateBucket"), observed(SSE_S3_FOUND, created)) is intent


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
