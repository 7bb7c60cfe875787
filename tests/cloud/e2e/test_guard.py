"""The access-impact guard of the deployed stack: buckets with readers that cannot use K."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.deployment import OTHER_ACCOUNT, OWN_ROLE, Deployment

LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
SSE_S3 = {"SSEAlgorithm": "AES256"}


def put_policy(s3: Any, bucket: str, principal: Any) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    s3.put_bucket_policy(
        Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )


def open_to_the_public(s3: Any, bucket: str) -> None:
    s3.delete_public_access_block(Bucket=bucket)
    put_policy(s3, bucket, "*")


def open_to_cloudfront(s3: Any, bucket: str) -> None:
    put_policy(s3, bucket, {"Service": "cloudfront.amazonaws.com"})


def open_to_another_account(s3: Any, bucket: str) -> None:
    put_policy(s3, bucket, {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"})


def make_website(s3: Any, bucket: str) -> None:
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})


def take_server_access_logs(s3: Any, bucket: str) -> None:
    grant = {"Grantee": {"Type": "Group", "URI": LOG_DELIVERY}, "Permission": "WRITE"}
    acl = s3.get_bucket_acl(Bucket=bucket)
    policy = {"Owner": acl["Owner"], "Grants": [*acl["Grants"], grant]}
    s3.put_bucket_acl(Bucket=bucket, AccessControlPolicy=policy)


def replicate(s3: Any, bucket: str) -> None:
    for name in (bucket, f"{bucket}-copy"):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    rule = {
        "ID": "to-copy",
        "Priority": 1,
        "Status": "Enabled",
        "Filter": {},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": f"arn:aws:s3:::{bucket}-copy"},
    }
    configuration = {"Role": "arn:aws:iam::111122223333:role/replication", "Rules": [rule]}
    s3.put_bucket_replication(Bucket=bucket, ReplicationConfiguration=configuration)


HAZARDS = [
    pytest.param(open_to_the_public, "PutBucketPolicy", "signature", id="public policy"),
    pytest.param(open_to_cloudfront, "PutBucketPolicy", "cloudfront", id="CloudFront"),
    pytest.param(open_to_another_account, "PutBucketPolicy", OTHER_ACCOUNT, id="another account"),
    pytest.param(make_website, "PutBucketWebsite", "website", id="website"),
    pytest.param(take_server_access_logs, "PutBucketAcl", "log delivery", id="log delivery by ACL"),
    pytest.param(replicate, "PutBucketReplication", "to-copy", id="replication"),
]
Hazard = Callable[[Any, str], None]


@contextmanager
def settling(stack: Deployment) -> Iterator[None]:
    """Disable the trigger of events meanwhile, as in the settle time of a real deployment."""
    functions, outputs = stack.cloud.client("lambda"), stack.stack.outputs
    queue = stack.cloud.client("sqs").get_queue_attributes(
        QueueUrl=outputs["BucketQueueUrl"], AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"]
    (mapping,) = functions.list_event_source_mappings(
        FunctionName=outputs["BucketFunction"], EventSourceArn=queue
    )["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        yield
        stack.cloud.drain_trail()
    finally:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


def new_bucket(stack: Deployment, **more: Any) -> str:
    """A bucket with ACLs, and a second one as replication target."""
    name = f"g-{uuid.uuid4().hex[:12]}"
    for bucket in (f"{name}-copy", name):
        stack.s3.create_bucket(Bucket=bucket, ObjectOwnership="BucketOwnerPreferred", **more)
    return name


@pytest.mark.parametrize(("hazard", "call", "word"), HAZARDS)
def test_guard_reports_a_bucket_with_a_hazard_and_writes_nothing(
    enforcing: Deployment, hazard: Hazard, call: str, word: str
) -> None:
    with settling(enforcing):
        bucket = new_bucket(enforcing)
        hazard(enforcing.s3, bucket)

    lines = enforcing.arrivals.wait_for_lines(bucket, "CreateBucket", call)
    findings = [f for f in enforcing.arrivals.findings if f["resource"]["name"] == bucket]
    writes = enforcing.cloud.journal(operation="PutBucketEncryption", caller=OWN_ROLE)
    assert {line["result"] for line in lines} == {"Manual"}
    assert {finding["status"] for finding in findings} == {"MANUAL"}
    assert all(word in finding["reason"] for finding in findings)
    assert enforcing.rule(bucket)["ApplyServerSideEncryptionByDefault"] == SSE_S3
    assert not [write for write in writes if write["resource"].endswith(f":{bucket}")]


@pytest.mark.parametrize(("hazard", "call", "word"), HAZARDS)
def test_hazard_on_a_bucket_under_k_is_critical(
    enforcing: Deployment, hazard: Hazard, call: str, word: str
) -> None:
    bucket = new_bucket(enforcing)
    enforcing.arrivals.wait_for_lines(bucket, "CreateBucket")

    _, (finding,) = enforcing.after(lambda: hazard(enforcing.s3, bucket), bucket, call)

    assert (finding["check"], finding["severity"]) == ("S3.BucketKeyAccess", "CRITICAL")
    assert word in finding["reason"]
    assert f"revert {call}" in finding["recommendation"]
    assert enforcing.rule(bucket)["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == enforcing.key


def test_bucket_read_by_its_own_account_is_repaired(enforcing: Deployment) -> None:
    bucket, trust = enforcing.bucket(), {"Version": "2012-10-17", "Statement": []}
    role = enforcing.cloud.client("iam").create_role(
        RoleName="etl", AssumeRolePolicyDocument=json.dumps(trust)
    )["Role"]
    reader = {"AWS": role["Arn"]}
    enforcing.after(lambda: put_policy(enforcing.s3, bucket, reader), bucket, "PutBucketPolicy")

    _, (finding,) = enforcing.after(lambda: enforcing.put(bucket, "AES256"), bucket, "PutBucketEncryption")

    assert finding["status"] == "REMEDIATED"


def test_public_bucket_that_block_public_access_shuts_is_repaired(enforcing: Deployment) -> None:
    bucket = enforcing.bucket()

    def open_in_vain() -> None:
        block = {"RestrictPublicBuckets": True}
        enforcing.s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
        put_policy(enforcing.s3, bucket, "*")

    enforcing.after(open_in_vain, bucket, "PutBucketPolicy")
    _, (finding,) = enforcing.after(lambda: enforcing.put(bucket, "AES256"), bucket, "PutBucketEncryption")

    assert finding["status"] == "REMEDIATED"


def test_bucket_of_a_stack_is_repaired_and_the_finding_names_the_stack(enforcing: Deployment) -> None:
    tags = [{"Key": "aws:cloudformation:stack-name", "Value": "payroll-prod"}]

    with settling(enforcing):
        bucket = new_bucket(enforcing)
        enforcing.cloud.client("s3").put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})

    enforcing.arrivals.wait_for_lines(bucket, "CreateBucket")
    (finding,) = [f for f in enforcing.arrivals.findings if f["resource"]["name"] == bucket]
    assert finding["managed_by"] == {"tool": "CloudFormation", "stack": "payroll-prod"}


def test_control_tower_bucket_is_exempt(enforcing: Deployment) -> None:
    bucket = "aws-controltower-logs-111122223333-us-east-1"

    def act() -> None:
        enforcing.s3.create_bucket(Bucket=bucket)

    (line,), findings = enforcing.after(act, bucket, "CreateBucket")
    assert (line["result"], findings) == ("Exempt", [])
    assert enforcing.rule(bucket)["ApplyServerSideEncryptionByDefault"] == SSE_S3
