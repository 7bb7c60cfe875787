from __future__ import annotations

import json

import pytest

from reseal.core.resource import Resource

BUCKET = Resource(bucket="payroll")
OBJECT = Resource(bucket="payroll", object_key="a//b c/ü?versionId=1", version_id="3/L4kqtJlcpXroDTDmJ")


@pytest.mark.parametrize(
    ("resource", "kind", "name", "words"),
    [
        (BUCKET, "AWS::S3::Bucket", "payroll", "bucket payroll"),
        (OBJECT, "AWS::S3::Object", "payroll/a//b c/ü?versionId=1", "object payroll/a//b c/ü?versionId=1"),
    ],
    ids=["bucket", "object"],
)
def test_a_resource_has_a_kind_and_a_name(resource: Resource, kind: str, name: str, words: str) -> None:
    assert (resource.type, resource.name, resource.in_words) == (kind, name, words)
    assert resource.arn("aws-cn") == f"arn:aws-cn:s3:::{name}"


@pytest.mark.parametrize("resource", [BUCKET, OBJECT], ids=["bucket", "object"])
def test_a_resource_survives_the_way_through_json(resource: Resource) -> None:
    assert Resource.from_document(json.loads(json.dumps(resource.to_document()))) == resource
