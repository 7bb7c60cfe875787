"""The exact reads of who reaches a bucket and whose it is, and the answers no local S3 gives."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reseal.aws.s3.buckets import S3Buckets, _pause_on_conflict
from reseal.core.state.bucket_access import AclGrant, BucketAccess, ReplicationRule
from tests.support.fakes.services import FakeClock
from tests.support.fakes.stubs import stubbed

ACCOUNT = "111122223333"
NAMED = {"Bucket": "payroll", "ExpectedBucketOwner": ACCOUNT}
OWNER = {"ID": "owner"}
FULL = "FULL_CONTROL"
OPEN = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}
CLOSED = {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}


def reads(stub: Any, **found: Any) -> None:
    """The answers to every read of the bucket access; what is not `found` is not configured."""
    if "policy" in found:
        stub.add_response("get_bucket_policy", {"Policy": json.dumps(found["policy"])}, NAMED)
        answer = found.get("status")
        if found["policy"] == CLOSED:
            pass  # a policy that names nobody in an Allow is not public
        elif answer is None:
            stub.add_client_error("get_bucket_policy_status", "NoSuchBucketPolicy", http_status_code=404)
        else:
            stub.add_response("get_bucket_policy_status", {"PolicyStatus": answer}, NAMED)
    else:
        stub.add_client_error("get_bucket_policy", "NoSuchBucketPolicy", http_status_code=404)
    stub.add_client_error("get_bucket_website", "NoSuchWebsiteConfiguration", http_status_code=404)
    stub.add_response("get_bucket_acl", {"Owner": OWNER, "Grants": found.get("grants", [])}, NAMED)
    if "rules" in found:
        configuration = {"Role": "role", "Rules": found["rules"]}
        stub.add_response("get_bucket_replication", {"ReplicationConfiguration": configuration}, NAMED)
    else:
        code = "ReplicationConfigurationNotFoundError"
        stub.add_client_error("get_bucket_replication", code, http_status_code=404)


def access(**found: Any) -> BucketAccess:
    with stubbed("s3") as (client, stub):
        reads(stub, **found)
        if found.get("status", {}).get("IsPublic"):
            stub.add_client_error("get_public_access_block", NOT_CONFIGURED, http_status_code=404)
        return S3Buckets(client, ACCOUNT, FakeClock()).read_access("payroll")


ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
PUBLIC_POLICY = {"policy": OPEN, "status": {"IsPublic": True}}
RESTRICTS, IGNORES = {"RestrictPublicBuckets": True}, {"IgnorePublicAcls": True}
NEW_ONES_ONLY = {"BlockPublicAcls": True, "BlockPublicPolicy": True, **dict.fromkeys(RESTRICTS, False)}
NOT_CONFIGURED, REFUSED, DOWN = "NoSuchPublicAccessBlockConfiguration", "AccessDenied", "ServiceUnavailable"


def blocked(bucket: Any, account: Any = None, **found: Any) -> tuple[bool, bool]:
    """Whether the public policy and the public ACLs are shut out; `account` None is not asked."""
    with stubbed("s3") as (client, stub), stubbed("s3control") as (control, control_stub):
        reads(stub, **found)
        for at, answer, named in ((stub, bucket, NAMED), (control_stub, account, {"AccountId": ACCOUNT})):
            if isinstance(answer, str):
                at.add_client_error(
                    "get_public_access_block", answer, http_status_code=403, expected_params=named
                )
            elif answer is not None:
                at.add_response("get_public_access_block", {"PublicAccessBlockConfiguration": answer}, named)
        buckets = S3Buckets(client, ACCOUNT, FakeClock(), control=lambda: control)
        access = buckets.read_access("payroll")
    return access.restricts_public_policy, access.ignores_public_acls


@pytest.mark.parametrize("bucket", [NOT_CONFIGURED, REFUSED, DOWN, {}, NEW_ONES_ONLY, IGNORES])
@pytest.mark.parametrize(
    ("account", "restricts"),
    [(NOT_CONFIGURED, False), (REFUSED, False), (DOWN, False), (NEW_ONES_ONLY, False), (IGNORES, False),
     (RESTRICTS, True)],
)  # fmt: skip
def test_public_policy_is_shut_out_by_the_bucket_or_else_by_the_account(
    bucket: Any, account: Any, restricts: bool
) -> None:
    assert blocked(bucket, account, **PUBLIC_POLICY) == (restricts, False)


def test_account_is_not_asked_about_what_the_bucket_shuts_out() -> None:
    assert blocked(RESTRICTS, None, **PUBLIC_POLICY) == (True, False)


@pytest.mark.parametrize(("bucket", "ignores"), [(IGNORES, True), (RESTRICTS, False)])
def test_public_acl_is_shut_out_by_its_own_setting(bucket: Any, ignores: bool) -> None:
    account = None if ignores else NOT_CONFIGURED

    assert blocked(bucket, account, grants=[grant("Group", URI=ALL_USERS)]) == (False, ignores)


@pytest.mark.parametrize("found", [{}, {"policy": OPEN, "status": {"IsPublic": False}}])
def test_block_public_access_of_a_bucket_that_is_not_public_is_not_read(found: Any) -> None:
    assert blocked(None, None, **found) == (False, False)


def test_account_is_unknown_without_its_client() -> None:
    with stubbed("s3") as (client, stub):
        reads(stub, **PUBLIC_POLICY)
        stub.add_client_error("get_public_access_block", NOT_CONFIGURED)

        access = S3Buckets(client, ACCOUNT, FakeClock()).read_access("payroll")

    assert not access.restricts_public_policy


def grant(kind: str, **grantee: str) -> dict[str, Any]:
    return {"Grantee": {"Type": kind, **grantee}, "Permission": FULL}


def test_replication_rule_names_the_owner_and_the_key_of_its_copies() -> None:
    destination = {
        "Bucket": "arn:aws:s3:::dr",
        "Account": "444455556666",
        "EncryptionConfiguration": {"ReplicaKmsKeyID": "alias/dr"},
    }
    rule = {"ID": "to-dr", "Status": "Enabled", "Destination": destination}

    (found,) = access(rules=[rule]).replication

    assert (found.account, found.key_id) == ("444455556666", "alias/dr")


def test_policy_that_cannot_name_everyone_is_not_asked_about() -> None:
    assert access(policy=CLOSED) == BucketAccess(policy=CLOSED, owner_id="owner")


def test_policy_deleted_between_two_reads_is_not_public() -> None:
    assert access(policy=OPEN) == BucketAccess(policy=OPEN, owner_id="owner")


@pytest.mark.parametrize(
    ("status", "public"), [({"IsPublic": True}, True), ({"IsPublic": False}, False), ({}, False)]
)
def test_policy_is_public_where_s3_says_so(status: dict[str, bool], public: bool) -> None:
    assert access(policy=OPEN, status=status).policy_is_public is public


def test_every_grantee_but_the_owner_is_kept() -> None:
    found = access(
        grants=[
            grant("CanonicalUser", ID="owner"),
            grant("CanonicalUser", ID="another-account"),
            grant("Group", URI="all-users"),
            grant("AmazonCustomerByEmail", EmailAddress="a@example.com"),
        ]
    )

    names = [granted.grantee for granted in found.acl]
    assert names == ["another-account", "all-users", ""]
    assert found.acl[0] == AclGrant(grantee="another-account", permission=FULL)


def test_replication_rule_without_a_name_is_a_rule() -> None:
    rule = {"Status": "Enabled", "Destination": {"Bucket": "arn:aws:s3:::copy"}}

    assert access(rules=[rule]).replication == (
        ReplicationRule(id="", enabled=True, takes_kms_objects=False),
    )


def test_tags_are_read_from_the_account_that_must_own_the_bucket() -> None:
    with stubbed("s3") as (client, stub):
        answer = {"TagSet": [{"Key": "team", "Value": "data"}]}
        stub.add_response("get_bucket_tagging", answer, NAMED)

        assert S3Buckets(client, ACCOUNT, FakeClock()).read_tags("payroll") == {"team": "data"}


def test_tags_that_s3_cannot_show_now_hold_no_finding_up() -> None:
    with stubbed("s3") as (client, stub):
        stub.add_client_error("get_bucket_tagging", "SlowDown", http_status_code=503)

        assert S3Buckets(client, ACCOUNT, FakeClock()).read_tags("payroll") is None


def test_pauses_on_a_conflict_double_and_then_end() -> None:
    conflict = (None, {"Error": {"Code": "OperationAborted"}})

    assert [_pause_on_conflict(conflict, attempt) for attempt in (1, 2, 3, 4)] == [0.5, 1.0, 2.0, None]
