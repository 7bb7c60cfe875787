"""The bucket policy that a record shows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reseal.core.calls.bucket_call import policy_in
from reseal.core.state.bucket_policy import BucketPolicy

POLICY = {"Version": "2012-10-17", "Statement": [{"Sid": "A"}]}


@pytest.mark.parametrize(
    ("name", "parameters", "shown"),
    [
        ("PutBucketPolicy", {"bucketPolicy": POLICY, "policy": ""}, BucketPolicy.of(POLICY)),
        ("PutBucketPolicy", {"bucketPolicy": json.dumps(POLICY)}, BucketPolicy.of(POLICY)),
        ("PutBucketPolicy", {"policy": ""}, None),
        ("PutBucketPolicy", None, None),
        ("DeleteBucketPolicy", {"policy": ""}, BucketPolicy()),
    ],
)
def test_which_policy_a_call_left(name: str, parameters: Any, shown: BucketPolicy | None) -> None:
    assert policy_in({"eventName": name, "requestParameters": parameters}) == shown
