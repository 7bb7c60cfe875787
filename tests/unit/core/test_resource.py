from __future__ import annotations

import json

import pytest

from reseal.core.resource import (
    BucketResource,
    KeyResource,
    ObjectResource,
    Resource,
    resource_from_document,
    resource_to_document,
    version_of,
)

ODD_KEY = "a//b c/ü?versionId=1"
ARN = "arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-1234"
BUCKET = BucketResource(bucket="payroll")
OBJECT = ObjectResource(bucket="payroll", object_key=ODD_KEY, version_id="3/L4kqtJlcpXroDTDmJ")
KEY = KeyResource(kms_key=ARN)

ALL = pytest.mark.parametrize("resource", [BUCKET, OBJECT, KEY], ids=["bucket", "object", "key"])


@pytest.mark.parametrize(
    ("resource", "kind", "name", "words", "scope"),
    [
        (BUCKET, "AWS::S3::Bucket", "payroll", "bucket payroll", "payroll"),
        (OBJECT, "AWS::S3::Object", f"payroll/{ODD_KEY}", f"object {f'payroll/{ODD_KEY}'!r}", "payroll"),
        (KEY, "AWS::KMS::Key", "mrk-1234", "KMS key mrk-1234", ARN),
    ],
    ids=["bucket", "object", "key"],
)
def test_a_resource_has_a_type_a_name_and_a_scope(
    resource: Resource, kind: str, name: str, words: str, scope: str
) -> None:
    assert (resource.type, resource.name, resource.in_words, resource.scope) == (kind, name, words, scope)


@pytest.mark.parametrize(
    ("resource", "arn"),
    [
        (BUCKET, "arn:aws-cn:s3:::payroll"),
        (OBJECT, f"arn:aws-cn:s3:::payroll/{ODD_KEY}"),
        (KEY, ARN),
    ],
    ids=["bucket", "object", "key"],
)
def test_a_resource_has_an_arn(resource: Resource, arn: str) -> None:
    assert resource.arn("aws-cn") == arn


@ALL
def test_a_resource_survives_the_way_through_json(resource: Resource) -> None:
    assert resource_from_document(json.loads(json.dumps(resource_to_document(resource)))) == resource


def test_the_document_of_a_key_names_no_bucket() -> None:
    assert resource_to_document(KEY) == {"type": "AWS::KMS::Key", "kms_key": ARN}


@pytest.mark.parametrize(
    ("resource", "version"), [(BUCKET, None), (OBJECT, "3/L4kqtJlcpXroDTDmJ"), (KEY, None)]
)
def test_only_an_object_has_a_version(resource: Resource, version: str | None) -> None:
    assert version_of(resource) == version
