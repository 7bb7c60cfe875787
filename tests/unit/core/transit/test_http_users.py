"""Who may need plain HTTP: each is named, and its neighbour that needs none is not."""

from __future__ import annotations

from typing import Any

import pytest

from reseal.core.state.bucket_access import AclGrant, BucketAccess
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.deny_insecure_transport import DenyInsecureTransport
from reseal.core.transit.facts import Cause, Obstacle, TransitFacts
from reseal.core.transit.http_users import anonymous_users, http_users, uses_origin_access_control
from tests.unit.core.transit.cases import ACCOUNT, BUCKET, HTTP, SERVICE_IS_SPARED, allow, deny, on, policy

CHANGE = DenyInsecureTransport(bucket_arn=BUCKET)
EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
IDENTITY = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1EXAMPLE"
OVER_TLS = {"Bool": {"aws:SecureTransport": "true"}}


def users(document: Any, **facts: Any) -> list[Obstacle]:
    access = facts.pop("access", BucketAccess())
    return list(http_users(BucketPolicy.of(document), CHANGE, ACCOUNT, TransitFacts(access=access, **facts)))


def causes(document: Any, **facts: Any) -> list[Cause]:
    return [one.cause for one in users(document, **facts)]


def test_nobody_needs_plain_http_of_a_private_bucket() -> None:
    assert causes(None) == []
    assert causes(policy(allow())) == []


def test_website_needs_plain_http() -> None:
    assert causes(None, access=BucketAccess(has_website=True)) == [Cause.WEBSITE]


@pytest.mark.parametrize(
    ("statement", "access", "is_public"),
    [
        (allow(Principal="*"), BucketAccess(policy_is_public=True), True),
        (allow(Principal="*"), BucketAccess(), True),
        (allow(Principal="*", Action="s3:ListBucket"), BucketAccess(policy_is_public=True), True),
        (allow(Principal="*", Condition=HTTP), BucketAccess(policy_is_public=True), True),
        (
            allow(Principal="*", Condition={"StringEquals": {"aws:SourceVpce": "vpce-1"}}),
            BucketAccess(),
            True,
        ),
        (allow(Principal="*", Condition=OVER_TLS), BucketAccess(policy_is_public=True), False),
        (
            allow(Principal="*"),
            BucketAccess(policy_is_public=True, restricts_public_policy=True),
            False,
        ),
        (
            allow(Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
            BucketAccess(),
            False,
        ),
        (allow(), BucketAccess(), False),
    ],
)
def test_callers_without_a_signature_may_follow_http_links(
    statement: Any, access: BucketAccess, is_public: bool
) -> None:
    found = causes(policy(statement), access=access)

    assert (Cause.PUBLIC_POLICY in found) is is_public


def test_statement_that_lets_everybody_in_is_named() -> None:
    (found,) = users(policy(allow(), allow(Sid="Mirror", Principal="*")))

    assert found.because.startswith("statement 'Mirror' of the bucket policy")


@pytest.mark.parametrize(
    ("grantee", "ignored", "is_public"),
    [
        (EVERYBODY, False, True),
        (EVERYBODY, True, False),
        ("79a59df900b949e55d96a1e698fbaced", False, False),
    ],
)
def test_public_acl_admits_plain_http_unless_it_is_ignored(
    grantee: str, ignored: bool, is_public: bool
) -> None:
    access = BucketAccess(acl=(AclGrant(grantee=grantee, permission="READ"),), ignores_public_acls=ignored)

    assert causes(None, access=access) == ([Cause.PUBLIC_ACL] if is_public else [])


@pytest.mark.parametrize(
    ("changed", "identity"),
    [
        ({"Principal": {"AWS": IDENTITY}}, "E1EXAMPLE"),
        ({"Principal": {"CanonicalUser": "b9c3"}}, "canonical user 'b9c3'"),
        ({"Principal": {"CanonicalUser": "own"}}, None),
        ({"Principal": {"AWS": IDENTITY}, "Condition": OVER_TLS}, None),
        ({"Principal": {"CanonicalUser": "b9c3"}, "Condition": OVER_TLS}, None),
    ],
)
def test_origin_access_identity_may_speak_plain_http(changed: Any, identity: str | None) -> None:
    found = users(policy(allow(**changed)), access=BucketAccess(owner_id="own"))

    assert [one.cause for one in found] == ([Cause.CLOUDFRONT] if identity else [])
    assert not identity or identity in found[0].because


def test_origin_access_control_is_known_by_the_service() -> None:
    facts = TransitFacts(access=BucketAccess())
    control = policy(allow(Principal={"Service": "cloudfront.amazonaws.com"}))
    logs = policy(allow(Principal={"Service": "logging.s3.amazonaws.com"}))

    assert uses_origin_access_control(BucketPolicy.of(control), BUCKET, ACCOUNT, facts)
    assert not uses_origin_access_control(BucketPolicy.of(logs), BUCKET, ACCOUNT, facts)
    assert not uses_origin_access_control(BucketPolicy(), BUCKET, ACCOUNT, facts)
    assert causes(control) == []


@pytest.mark.parametrize(
    ("statement", "cause"),
    [
        (deny(Principal={"AWS": ACCOUNT}, Condition=OVER_TLS), Cause.REFUSES_TLS),
        (on(NumericLessThan={"s3:TlsVersion": "1.3"}), Cause.REFUSES_TLS),
        (on(NumericLessThan={"s3:TlsVersion": "1.2"}), None),
        (deny(Principal={"AWS": ACCOUNT}, Condition={}), None),
        (allow(Condition=HTTP), Cause.ALLOWS_HTTP_ONLY),
        (allow(Condition={"Null": {"aws:SecureTransport": "false"}}), None),
        (on(**HTTP, StringNotEquals={"aws:SourceVpce": "vpce-1"}), Cause.EXEMPTS_HTTP),
        (on(**HTTP, NotIpAddress={"aws:SourceIp": "203.0.113.0/24"}), Cause.EXEMPTS_HTTP),
        (deny(NotPrincipal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/backup"}), Cause.EXEMPTS_HTTP),
        (deny(NotAction="s3:GetObject*"), Cause.EXEMPTS_HTTP),
        (deny(NotResource=f"{BUCKET}/public/*"), Cause.EXEMPTS_HTTP),
        (on(**HTTP, StringEquals={"aws:PrincipalOrgID": "o-1"}), None),
        (on(**HTTP, NumericNotEquals={"s3:TlsVersion": "1.3"}), None),
        (on(**HTTP, StringNotEquals={"aws:PrincipalServiceName": "logging.s3.amazonaws.com"}), None),
        (deny(NotPrincipal={"Service": "logging.s3.amazonaws.com"}), None),
        (deny(Resource=f"{BUCKET}/*"), None),
        (deny(Condition=SERVICE_IS_SPARED), None),
        (deny(Action="s3:DeleteBucket", Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}), None),
    ],
)
def test_statements_that_leave_callers_only_plain_http_are_named(statement: Any, cause: Cause | None) -> None:
    found = users(policy(statement))

    assert [one.cause for one in found] == ([cause] if cause else [])
    assert all(f"statement '{statement['Sid']}' of the bucket policy" in one.because for one in found)


def test_call_over_plain_http_is_named() -> None:
    (found,) = users(None, plain_http="1 call GetObject by arn:aws:iam::111122223333:role/apt")

    assert found.cause is Cause.HTTP_IN_USE
    assert "GetObject by arn:aws:iam::111122223333:role/apt" in found.because


@pytest.mark.parametrize("creator", ["console", "AWS CLI", "SDK"])
def test_bucket_that_was_made_by_hand_has_no_template(creator: str) -> None:
    assert causes(None, creator=creator, must_know_creator=True) == []


@pytest.mark.parametrize(
    ("creator", "named"),
    [
        (None, "not known what created the bucket"),
        ("unknown", "'unknown' created"),
        ("elasticbeanstalk.amazonaws.com", "'elasticbeanstalk.amazonaws.com' created"),
    ],
)
def test_bucket_that_a_template_may_define_is_left_to_its_owner(creator: str | None, named: str) -> None:
    (found,) = users(None, creator=creator, must_know_creator=True)

    assert found.cause is Cause.UNKNOWN_CREATOR
    assert named in found.because
    assert '"aws:SecureTransport": "false"' in found.recommendation
    assert causes(None, creator=creator) == []


@pytest.mark.parametrize(
    ("tool", "stack", "snippet"),
    [
        ("CDK", "Shop", "`enforceSSL: true` on the bucket in stack 'Shop'"),
        ("CloudFormation", "Shop", f'"Resource": ["{BUCKET}", "{BUCKET}/*"]'),
        ("SAM CLI", None, "AWS::S3::BucketPolicy where the bucket is defined"),
        ("Terraform", None, 'variable = "aws:SecureTransport"'),
        ("OpenTofu", None, f'resources = ["{BUCKET}", "{BUCKET}/*"]'),
        ("Pulumi", None, '"Condition": {"Bool": {"aws:SecureTransport": "false"}}'),
    ],
)
def test_owner_of_the_template_gets_what_to_paste(tool: str, stack: str | None, snippet: str) -> None:
    (found,) = users(None, tool=tool, stack=stack)

    assert found.cause is Cause.MANAGED
    assert found.because.startswith(f"{tool} manages the bucket")
    assert (stack or "where") in found.recommendation
    assert snippet in found.recommendation


def test_tags_that_cannot_be_read_may_name_a_stack() -> None:
    (found,) = users(None, tags_are_known=False)

    assert found.cause is Cause.UNKNOWN_TAGS
    assert "s3:GetBucketTagging" in found.recommendation


@pytest.mark.parametrize(
    ("name", "tool"),
    [("aws-controltower-logs-111122223333-eu-west-1", None), ("example-bucket", "Control Tower")],
)
def test_control_tower_keeps_its_own_buckets(name: str, tool: str | None) -> None:
    change = DenyInsecureTransport(bucket_arn=f"arn:aws:s3:::{name}")
    facts = TransitFacts(access=BucketAccess(), tool=tool)

    (found,) = http_users(BucketPolicy(), change, ACCOUNT, facts)

    assert (found.cause, found.because) == (
        Cause.MANAGED,
        "Control Tower manages the bucket and its policy",
    )


def test_anonymous_users_are_those_of_website_policy_and_acl() -> None:
    access = BucketAccess(
        policy_is_public=True,
        acl=(AclGrant(grantee=EVERYBODY, permission="READ"),),
        owner_id="own",
        has_website=True,
    )
    facts = TransitFacts(access=access, tool="CDK")
    found = BucketPolicy.of(policy(allow(Principal="*")))

    causes_found = [one.cause for one in anonymous_users(found, BUCKET, ACCOUNT, facts)]

    assert causes_found == [Cause.WEBSITE, Cause.PUBLIC_POLICY, Cause.PUBLIC_ACL]
