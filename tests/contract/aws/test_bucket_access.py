"""Bucket access as S3Buckets reads it for the guard, on the local cloud."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from localcloud.client.handle import LocalCloud
from reseal.aws.s3.buckets import TAGS_SECONDS, S3Buckets
from reseal.core.errors import AccessDeniedError, NotFoundError
from reseal.core.state.bucket_access import AclGrant, BucketAccess, ReplicationRule
from tests.support.fakes.services import FakeClock
from tests.support.names import unique

LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
ROLE = "arn:aws:iam::111122223333:role/replication"
MINE = "arn:aws:iam::111122223333:root"
"""Who makes the calls of these tests: a sweep of other tests reads the same buckets."""


def shut(bucket: str) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


REPLICA_KEY = "arn:aws:kms:us-east-1:111122223333:key/0d9a4c1e-8f27-4b63-a5c0-71e2d3f4b5a6"


class Bucket:
    """A bucket of the local cloud with ACLs, and the adapter under test."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.s3, self.clock, self.name = cloud.client("s3"), FakeClock(), unique("exposed")
        self.s3.create_bucket(Bucket=self.name, ObjectOwnership="BucketOwnerPreferred")
        self.s3.delete_public_access_block(Bucket=self.name)
        self.buckets = S3Buckets(cloud.client("s3"), "111122223333", self.clock)

    def access(self) -> BucketAccess:
        return self.buckets.read_access(self.name)

    def open_up(self) -> None:
        """Let everyone read: S3 is then asked whether the policy is public."""
        allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
        statement = allow | {"Resource": f"arn:aws:s3:::{self.name}/*"}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        self.s3.put_bucket_policy(Bucket=self.name, Policy=json.dumps(policy))

    def put_policy(self) -> dict[str, Any]:
        self.s3.put_bucket_policy(Bucket=self.name, Policy=json.dumps(shut(self.name)))
        return shut(self.name)


@pytest.fixture
def bucket(cloud: LocalCloud) -> Bucket:
    return Bucket(cloud)


def test_new_bucket_has_no_access_by_others(bucket: Bucket) -> None:
    owner = bucket.s3.get_bucket_acl(Bucket=bucket.name)["Owner"]["ID"]

    assert bucket.access() == BucketAccess(owner_id=owner)


def test_bucket_policy_is_read(bucket: Bucket) -> None:
    document = bucket.put_policy()

    assert bucket.access().policy == document


def test_public_policy_is_marked_as_public(bucket: Bucket) -> None:
    bucket.open_up()

    assert bucket.access().policy_is_public


@pytest.mark.parametrize("on", [True, False])
def test_public_access_block_of_a_public_bucket_is_read(bucket: Bucket, on: bool) -> None:
    bucket.open_up()
    settings = {"RestrictPublicBuckets": on, "IgnorePublicAcls": on, "BlockPublicPolicy": True}
    bucket.s3.put_public_access_block(Bucket=bucket.name, PublicAccessBlockConfiguration=settings)

    assert bucket.access().restricts_public_policy is on


@pytest.mark.parametrize(("code", "status"), [("AccessDenied", 403), ("InternalError", 500)])
def test_public_access_block_that_cannot_be_read_shuts_nobody_out(
    cloud: LocalCloud, bucket: Bucket, code: str, status: int
) -> None:
    bucket.open_up()
    resource = f"arn:aws:s3:::{bucket.name}"
    cloud.inject_fault(
        "error", "s3", "GetPublicAccessBlock", resource=resource, caller=MINE, status=status, code=code
    )

    access = bucket.access()

    cloud.clear_faults()
    assert (access.policy_is_public, access.restricts_public_policy) == (True, False)


def test_website_is_read(bucket: Bucket) -> None:
    configuration = {"IndexDocument": {"Suffix": "index.html"}}
    bucket.s3.put_bucket_website(Bucket=bucket.name, WebsiteConfiguration=configuration)

    assert bucket.access().serves_website


def test_website_that_redirects_everything_serves_no_object(bucket: Bucket) -> None:
    configuration = {"RedirectAllRequestsTo": {"HostName": "example.com"}}
    bucket.s3.put_bucket_website(Bucket=bucket.name, WebsiteConfiguration=configuration)

    assert not bucket.access().serves_website


def test_acl_grant_to_others_is_read(bucket: Bucket) -> None:
    grant = {"Grantee": {"Type": "Group", "URI": LOG_DELIVERY}, "Permission": "WRITE"}
    acl = bucket.s3.get_bucket_acl(Bucket=bucket.name)
    policy = {"Owner": acl["Owner"], "Grants": [*acl["Grants"], grant]}
    bucket.s3.put_bucket_acl(Bucket=bucket.name, AccessControlPolicy=policy)

    assert bucket.access().acl == (AclGrant(grantee=LOG_DELIVERY, permission="WRITE"),)


@pytest.mark.parametrize("selected", [True, False], ids=["takes KMS objects", "leaves KMS objects"])
def test_replication_rule_is_read(bucket: Bucket, selected: bool) -> None:
    target = unique("replica")
    bucket.s3.create_bucket(Bucket=target)
    for name in (bucket.name, target):
        bucket.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    rule: dict[str, Any] = {
        "ID": "to-dr",
        "Priority": 1,
        "Status": "Enabled",
        "Filter": {},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": f"arn:aws:s3:::{target}"},
    }
    if selected:
        rule["SourceSelectionCriteria"] = {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
        rule["Destination"]["EncryptionConfiguration"] = {"ReplicaKmsKeyID": REPLICA_KEY}
    configuration = {"Role": ROLE, "Rules": [rule]}
    bucket.s3.put_bucket_replication(Bucket=bucket.name, ReplicationConfiguration=configuration)

    key_id = REPLICA_KEY if selected else None
    expected = (ReplicationRule(id="to-dr", enabled=True, takes_kms_objects=selected, key_id=key_id),)
    assert bucket.access().replication == expected


def test_access_is_read_each_time(bucket: Bucket) -> None:
    bucket.access()
    document = bucket.put_policy()

    assert bucket.access().policy == document


def test_tags_are_read_and_cached(bucket: Bucket) -> None:
    tagging = {"TagSet": [{"Key": "team", "Value": "data"}]}
    before = bucket.buckets.read_tags(bucket.name)
    bucket.s3.put_bucket_tagging(Bucket=bucket.name, Tagging=tagging)
    kept = bucket.buckets.read_tags(bucket.name)
    bucket.clock.sleep(TAGS_SECONDS + 1)

    assert (before, kept, bucket.buckets.read_tags(bucket.name)) == ({}, {}, {"team": "data"})


def test_reading_access_of_a_missing_bucket_raises_not_found(cloud: LocalCloud) -> None:
    buckets = S3Buckets(cloud.client("s3"), "111122223333", FakeClock())

    with pytest.raises(NotFoundError):
        buckets.read_access("never-was-there")


READS = [
    ("GetBucketPolicy", "s3:GetBucketPolicy"),
    ("GetBucketPolicyStatus", "s3:GetBucketPolicyStatus"),
    ("GetBucketWebsite", "s3:GetBucketWebsite"),
    ("GetBucketAcl", "s3:GetBucketAcl"),
    ("GetBucketReplication", "s3:GetReplicationConfiguration"),
]


@pytest.mark.parametrize(("operation", "action"), READS, ids=[operation for operation, _ in READS])
def test_denied_read_names_its_permission(
    cloud: LocalCloud, bucket: Bucket, operation: str, action: str
) -> None:
    bucket.open_up()
    resource = f"arn:aws:s3:::{bucket.name}"
    fault = {"status": 403, "code": "AccessDenied", "times": 1, "caller": MINE}
    cloud.inject_fault("error", "s3", operation, resource=resource, **fault)

    with pytest.raises(AccessDeniedError) as denied:
        bucket.access()

    cloud.clear_faults()
    assert denied.value.action == action


def test_denied_tags_are_not_known() -> None:
    s3 = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(s3) as stub:
        stub.add_client_error("get_bucket_tagging", "AccessDenied", http_status_code=403)

        assert S3Buckets(s3, "111122223333", FakeClock()).read_tags("payroll") is None


def test_every_read_sends_the_expected_owner(cloud: LocalCloud, bucket: Bucket) -> None:
    stranger = S3Buckets(cloud.client("s3"), "999999999999", FakeClock())

    with pytest.raises(AccessDeniedError):
        stranger.read_access(bucket.name)
    with pytest.raises(AccessDeniedError):
        S3Buckets(cloud.client("s3"), "999999999999", FakeClock()).read_encryption(bucket.name)
