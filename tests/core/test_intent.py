from __future__ import annotations

import pytest

from reseal.core.api_call import BucketCall
from reseal.core.intent import SEVERITY, Intent, intent_of
from tests.builders import SSE_KMS, a_call, encryption, stated


@pytest.mark.parametrize(
    ("call", "intent"),
    [
        pytest.param(a_call("CreateBucket"), Intent.NEW, id="create"),
        pytest.param(a_call("DeleteBucketEncryption"), Intent.LOWERED, id="delete"),
        pytest.param(a_call(stated=stated("aws:kms")), Intent.LOWERED, id="asked for what is found"),
        pytest.param(a_call(stated=stated("AES256")), Intent.DRIFT, id="asked for something else"),
        pytest.param(a_call(stated=stated()), Intent.LOWERED, id="asked for no algorithm"),
        pytest.param(a_call(stated=None), Intent.LOWERED, id="not recorded"),
        pytest.param(a_call("PutBucketAcl"), Intent.DRIFT, id="another call"),
        pytest.param(a_call("putbucketencryption"), Intent.DRIFT, id="names are case sensitive"),
    ],
)
def test_the_call_tells_the_intent(call: BucketCall, intent: Intent) -> None:
    found = encryption(SSE_KMS)

    result = intent_of(call, found)

    assert result is intent


def test_every_intent_has_a_severity() -> None:
    assert SEVERITY.keys() == set(Intent)
