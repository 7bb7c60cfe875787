"""Who would be locked out: the table of `cases.py`, and what the guard makes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from botocore.session import get_session

from reseal.core.access.impact import LOAD_BALANCER_ACCOUNTS, Impact, impact_of, in_words, own_callers
from reseal.core.access.key_policy import KeyPolicy
from reseal.core.checks.catalogue import Decisions
from reseal.core.decision import Compliant, Manual, Remediate, Severity
from reseal.core.guards.access_impact import guard_access
from reseal.core.state.bucket_access import AclGrant, BucketAccess, ReplicationRule
from reseal.core.state.bucket_encryption import BucketEncryption
from reseal.core.state.change import EncryptionChange
from tests.support.builders import (
    ACCOUNT,
    BUCKET_KEY,
    DEFAULT_ENCRYPTION,
    REGION,
    SSE_KMS,
    STRANGER_KEY,
    K,
    a_key,
    encryption,
    requirements,
)
from tests.support.guards import a_guarded_bucket, reads
from tests.unit.core.access.cases import (
    EVERYBODY,
    GET,
    PAIRS,
    PARTNER,
    PUT,
    THE_STACKS_KEY,
    Pair,
    Situation,
    allow,
    lets,
    root,
)

TO_K = Remediate(
    change=EncryptionChange(algorithm=SSE_KMS, key_arn=K), severity=Severity.HIGH, reason="it was lowered"
)
MOVE: Decisions = {DEFAULT_ENCRYPTION: TO_K}
SSE_S3_BUCKET = encryption()


def key_policy(situation: Situation) -> KeyPolicy:
    document = {"Version": "2012-10-17", "Statement": [*THE_STACKS_KEY, *situation.key]}
    readable = document if situation.key_is_readable else None
    return KeyPolicy(key_arn=K, document=readable, account=ACCOUNT, region=REGION)


def impacts(situation: Situation) -> tuple[Impact, ...]:
    return impact_of(situation.access, key_policy(situation), situation.algorithm)


def guarded_by(
    situation: Situation,
    *,
    found: BucketEncryption = SSE_S3_BUCKET,
    decisions: Decisions = MOVE,
    asks_own_callers: bool = False,
) -> Decisions:
    return guard_access(
        requirements(callers_may_use_key=not asks_own_callers),
        a_guarded_bucket(found, a_key(found.key_id) if found.key_id else None),
        reads(access=situation.access, policy=key_policy(situation)),
        decisions,
    )


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_whoever_would_be_locked_out_is_named(pair: Pair) -> None:
    assert pair.stops in "; ".join(impact.sentence for impact in impacts(pair.stopped))


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_the_twin_is_not_in_the_way(pair: Pair) -> None:
    assert impacts(pair.twin) == ()


def test_the_table_has_both_sides_of_at_least_forty_cases() -> None:
    assert len(PAIRS) >= 40
    assert len({pair.name for pair in PAIRS}) == len(PAIRS)


def test_the_same_party_is_named_once() -> None:
    public = PAIRS[0].stopped.access.policy
    assert public is not None
    twice = BucketAccess(policy={"Statement": [*public["Statement"], *public["Statement"]]})

    assert len(impacts(Situation(twice))) == 1


def test_callers_that_a_hidden_policy_may_admit_are_not_certain() -> None:
    (hidden,) = (pair for pair in PAIRS if "hidden" in pair.name)

    assert [impact.certain for impact in impacts(hidden.stopped)] == [False]


def test_a_key_of_the_china_partition_is_used_through_its_own_suffix() -> None:
    china = "arn:aws-cn:kms:cn-north-1:444455556666:key/1"
    via = {"StringEquals": {"kms:ViaService": "s3.cn-north-1.amazonaws.com.cn"}}
    statement = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": via}
    key = KeyPolicy(key_arn=china, document={"Statement": statement}, account=ACCOUNT, region="cn-north-1")
    (partner,) = (pair for pair in PAIRS if pair.name == "another account reads")

    assert impact_of(partner.stopped.access, key, SSE_KMS) == ()


LOADER = get_session().get_component("data_loader")
SUFFIXES = [(one["id"], one["outputs"]["dnsSuffix"]) for one in LOADER.load_data("partitions")["partitions"]]


@pytest.mark.parametrize(("partition", "suffix"), SUFFIXES)
def test_every_partition_has_its_own_name_for_s3(partition: str, suffix: str) -> None:
    condition = {"StringEquals": {"kms:CallerAccount": ACCOUNT, "kms:ViaService": f"s3.{REGION}.{suffix}"}}
    statement = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    document = {"Statement": [statement | {"Condition": condition}]}
    key_arn = f"arn:{partition}:kms:{REGION}:{ACCOUNT}:key/1"
    key = KeyPolicy(key_arn=key_arn, document=document, account=ACCOUNT, region=REGION)

    assert key.admits_every_caller is True


@pytest.mark.parametrize(
    ("service", "admitted", "word"),
    [
        ("config", ["kms:GenerateDataKey"], "kms:Decrypt"),
        ("config", ["kms:GenerateDataKey", "kms:Decrypt"], None),
        ("cloudtrail", ["kms:GenerateDataKey"], "kms:DescribeKey"),
        ("cloudtrail", ["kms:GenerateDataKey", "kms:DescribeKey"], None),
        ("logdelivery.elasticloadbalancing", ["kms:*"], "SSE-S3 buckets only"),
    ],
)
@pytest.mark.parametrize(("partition", "suffix"), SUFFIXES)
def test_service_needs_the_same_by_its_name_in_each_partition(
    partition: str, suffix: str, service: str, admitted: list[str], word: str | None
) -> None:
    named = {"Service": f"{service}.{suffix}"}
    access = BucketAccess(policy={"Statement": [allow(named, PUT, on="*")]})
    key_arn = f"arn:{partition}:kms:{REGION}:{ACCOUNT}:key/1"
    document = {"Statement": [allow(named, *admitted, on="*")]}
    key = KeyPolicy(key_arn=key_arn, document=document, account=ACCOUNT, region=REGION)

    found = [impact.sentence for impact in impact_of(access, key, SSE_KMS)]

    assert [word in sentence for sentence in found] == ([True] if word else [])


EVERYBODY_MAY_READ = PAIRS[0].stopped.access.policy
A_PARTNER_TOO = {
    "Statement": [*lets("*", GET).policy["Statement"], *lets(root(PARTNER), GET).policy["Statement"]]
}
SERVICES_TOO = {"Statement": [allow("*", GET, Condition={"Bool": {"aws:PrincipalIsAWSService": "true"}})]}
OPEN = [
    (BucketAccess(policy=EVERYBODY_MAY_READ, policy_is_public=True), {"restricts_public_policy"}),
    (BucketAccess(policy=A_PARTNER_TOO, policy_is_public=True), {"restricts_public_policy"}),
    (BucketAccess(policy=A_PARTNER_TOO), set()),
    (BucketAccess(policy=SERVICES_TOO, policy_is_public=True), set()),
    (BucketAccess(acl=(AclGrant(grantee=EVERYBODY, permission="READ"),)), {"ignores_public_acls"}),
    (BucketAccess(acl=(AclGrant(grantee=EVERYBODY, permission="WRITE"),)), {"ignores_public_acls"}),
    (BucketAccess(acl=(AclGrant(grantee="a-partner", permission="WRITE"),)), set()),
    (BucketAccess(serves_website=True), {"restricts_public_policy", "ignores_public_acls"}),
]
NAMES = [
    "everybody",
    "everybody and a partner",
    "a partner",
    "services",
    "ACL",
    "ACL to write",
    "partner's ACL",
    "website",
]


@pytest.mark.parametrize(("access", "shut_by"), OPEN, ids=NAMES)
@pytest.mark.parametrize(
    "flags",
    [
        (),
        ("restricts_public_policy",),
        ("ignores_public_acls",),
        ("restricts_public_policy", "ignores_public_acls"),
    ],
    ids=lambda flags: "+".join(flags) or "none",
)
def test_each_flag_of_block_public_access_shuts_its_own_public_out(
    access: BucketAccess, shut_by: set[str], flags: tuple[str, ...]
) -> None:
    blocked = replace(access, **dict.fromkeys(flags, True))

    assert (impacts(Situation(blocked)) == ()) is (bool(shut_by) and shut_by <= set(flags))


@pytest.mark.parametrize(
    "key", [{"NotPrincipal": {"AWS": "*"}}, {"Principal": None}], ids=["NotPrincipal", "none"]
)
def test_a_key_statement_that_names_nobody_admits_nobody(key: dict[str, object]) -> None:
    statement = {"Effect": "Allow", "Action": "kms:*", "Resource": "*", **key}
    (partner,) = (pair for pair in PAIRS if pair.name == "another account reads")

    assert impacts(Situation(partner.stopped.access, (statement,)))


@pytest.mark.parametrize(
    "policy",
    [{}, {"Statement": "text"}, {"Statement": [None]}, {"Statement": [{"Effect": "Allow", "Principal": 7}]}],
    ids=["empty", "text", "null", "odd principal"],
)
def test_an_odd_policy_document_names_nobody(policy: dict[str, object]) -> None:
    assert impacts(Situation(BucketAccess(policy=policy))) == ()


def test_a_remediation_that_would_deny_someone_access_becomes_manual() -> None:
    situation = PAIRS[0].stopped

    guarded = guarded_by(situation)

    report = guarded[DEFAULT_ENCRYPTION]
    assert isinstance(report, Manual)
    assert report.severity is Severity.HIGH
    assert report.reason.startswith("it was lowered; not remediated, because under")


def test_a_remediation_that_denies_no_one_access_stays() -> None:
    situation = PAIRS[0].twin

    guarded = guarded_by(situation)

    assert guarded == {DEFAULT_ENCRYPTION: TO_K}


def test_what_does_not_set_a_key_is_none_of_the_guards_business() -> None:
    situation = PAIRS[0].stopped
    bucket_key = Remediate(change=EncryptionChange(bucket_key=True), severity=Severity.LOW, reason="off")
    decisions = {BUCKET_KEY: bucket_key, DEFAULT_ENCRYPTION: Compliant("fine")}

    assert guarded_by(situation, decisions=decisions) == decisions


# --- what was found decides what can get worse -------------------------------------------------

PUBLIC = next(pair.stopped for pair in PAIRS if pair.name == "anybody may read")
PARTNER_READS = next(pair.stopped for pair in PAIRS if pair.name == "another account reads")
UNDER_A_STRANGERS_KEY = encryption(SSE_KMS, STRANGER_KEY)


def test_callers_that_no_kms_key_serves_do_not_stop_replacing_a_foreign_key() -> None:
    assert guarded_by(PUBLIC, found=UNDER_A_STRANGERS_KEY) == MOVE


def test_callers_that_the_present_key_may_admit_stop_its_replacement() -> None:
    guarded = guarded_by(PARTNER_READS, found=UNDER_A_STRANGERS_KEY)

    assert isinstance(guarded[DEFAULT_ENCRYPTION], Manual)


@pytest.mark.parametrize(
    "found", [encryption(SSE_KMS), encryption(SSE_KMS, "alias/aws/s3")], ids=["aws/s3", "aws/s3 by alias"]
)
def test_a_bucket_under_the_aws_managed_key_is_guarded_as_one_under_sse_s3(found: BucketEncryption) -> None:
    answers = reads(access=PUBLIC.access, policy=key_policy(PUBLIC))

    guarded = guard_access(requirements(), a_guarded_bucket(found), answers, MOVE)

    assert isinstance(guarded[DEFAULT_ENCRYPTION], Manual)


# --- a customer-supplied key -----------------------------------------------------------

THE_DEFAULT_POLICY = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": "kms:*",
    "Resource": "*",
}


def customer_supplied_key(*statements: dict[str, object]) -> KeyPolicy:
    return KeyPolicy(key_arn=K, document={"Statement": list(statements)}, account=ACCOUNT, region=REGION)


def denied(principal: object) -> dict[str, object]:
    return {"Effect": "Deny", "Principal": principal, "Action": "kms:Decrypt", "Resource": "*"}


DENIED = [
    ({"AWS": ACCOUNT}, True),
    ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, True),
    ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/etl"}, True),
    ({"AWS": f"arn:aws:iam::{ACCOUNT}:user/ann"}, True),
    ({"AWS": "arn:aws:iam::444455556666:root"}, False),
    ({"Service": "ses.amazonaws.com"}, False),
]


@pytest.mark.parametrize(
    ("key", "stops"),
    [
        (customer_supplied_key(THE_DEFAULT_POLICY), True),
        (customer_supplied_key(*THE_STACKS_KEY), False),
        (
            customer_supplied_key(
                {**THE_DEFAULT_POLICY, "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/admin"}}
            ),
            True,
        ),
        (KeyPolicy(key_arn=K, document=None, account=ACCOUNT, region=REGION), True),
        *((customer_supplied_key(*THE_STACKS_KEY, denied(one)), stops) for one, stops in DENIED),
    ],
)
def test_a_customer_supplied_key_must_admit_every_caller_of_the_account(key: KeyPolicy, stops: bool) -> None:
    answers, required = reads(access=BucketAccess(), policy=key), requirements(callers_may_use_key=False)

    guarded = guard_access(required, a_guarded_bucket(SSE_S3_BUCKET), answers, MOVE)

    assert isinstance(guarded[DEFAULT_ENCRYPTION], Manual) is stops


# --- doubt, and limits -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("kms:EncryptionContext", {"Condition": {"StringLike": {"kms:EncryptionContext:x": "*"}}}),
        ("an operator not known", {"Condition": {"DateLessThan": {"aws:CurrentTime": "2030-01-01"}}}),
    ],
)
def test_a_key_condition_that_cannot_be_weighed_leaves_it_open(
    name: str, statement: dict[str, object]
) -> None:
    situation = Situation(PARTNER_READS.access, ({**THE_DEFAULT_POLICY, "Principal": "*", **statement},))

    (impact,) = impacts(situation)
    assert not impact.certain


def test_a_key_that_refuses_plain_http_admits_the_same_callers() -> None:
    admitting = next(pair.twin for pair in PAIRS if pair.name == "another account reads")
    tls_only = {"Bool": {"aws:SecureTransport": "false"}}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": tls_only}

    assert impacts(Situation(admitting.access, (*admitting.key, deny))) == ()


def test_a_deny_on_a_condition_that_cannot_be_weighed_leaves_it_open() -> None:
    admitting = next(pair.twin for pair in PAIRS if pair.name == "another account reads")
    vpc = {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": vpc}

    (impact,) = impacts(Situation(admitting.access, (*admitting.key, deny)))
    assert not impact.certain


def test_a_star_under_a_condition_is_not_certain_unless_s3_calls_it_public() -> None:
    (pair,) = (pair for pair in PAIRS if pair.name == "anybody in a VPC may read")
    public = BucketAccess(policy=pair.stopped.access.policy, policy_is_public=True)

    assert [impact.certain for impact in impacts(pair.stopped)] == [False]
    assert [impact.certain for impact in impacts(Situation(public))] == [True]


LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
LEAVES_KMS_OBJECTS = ReplicationRule(id="to-dr", enabled=True, takes_kms_objects=False)


def granted(grantee: str, permission: str) -> BucketAccess:
    return BucketAccess(acl=(AclGrant(grantee=grantee, permission=permission),))


@pytest.mark.parametrize(
    ("access", "certain", "under_any_key"),
    [
        (BucketAccess(serves_website=True), True, True),
        (BucketAccess(policy_is_public=True), True, True),
        (BucketAccess(replication=(LEAVES_KMS_OBJECTS,)), True, True),
        (granted(LOG_DELIVERY, "WRITE"), True, True),
        (granted(LOG_DELIVERY, "FULL_CONTROL"), True, True),
        (granted(ALL_USERS, "READ"), False, True),
        (granted(ALL_USERS, "WRITE"), True, True),
        (granted("fr1end", "READ"), False, False),
        (granted("fr1end", "FULL_CONTROL"), False, False),
    ],
)
def test_impact_says_whether_it_is_certain_and_whether_any_key_causes_it(
    access: BucketAccess, certain: bool, under_any_key: bool
) -> None:
    (impact,) = impacts(Situation(access))

    assert (impact.certain, impact.under_any_key) == (certain, under_any_key)


def test_own_callers_whom_only_their_iam_policies_can_admit_are_not_certain() -> None:
    key = KeyPolicy(key_arn=K, document={"Statement": []}, account=ACCOUNT, region=REGION)

    (impact,) = own_callers(key)

    assert not impact.certain


def test_own_account_by_its_canonical_user_id_is_no_party() -> None:
    own = "a" * 64
    lets_own = lets({"CanonicalUser": own}, "s3:GetObject")

    assert impacts(Situation(BucketAccess(policy=lets_own.policy, owner_id=own))) == ()


OTHER_ORGANIZATION = {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}
OTHER_NETWORK = {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}
OTHER_ADDRESS = {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
PLAIN_HTTP = {"Bool": {"aws:SecureTransport": "false"}}
OTHER_HEADER = {"StringNotEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}


@pytest.mark.parametrize("principal", [root(PARTNER), "*"], ids=["partner", "everyone"])
@pytest.mark.parametrize(
    ("condition", "certain"),
    [
        (OTHER_NETWORK, False),
        (OTHER_ADDRESS, False),
        (OTHER_NETWORK | PLAIN_HTTP, False),
        (PLAIN_HTTP, True),
        (OTHER_HEADER, True),
        ({"StringEquals": {"aws:PrincipalAccount": "999988887777"}}, True),
    ],
)
def test_admission_that_a_deny_leaves_open_is_not_certain(
    principal: object, condition: dict[str, object], certain: bool
) -> None:
    access = lets(principal, "s3:GetObject")
    statements = access.policy["Statement"] if access.policy else []
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": condition}
    denying = BucketAccess(policy={"Version": "2012-10-17", "Statement": [*statements, deny]})

    (impact,) = impacts(Situation(denying))

    assert impact.certain is certain


def test_membership_of_another_account_in_an_organization_is_not_certain() -> None:
    statements = [lets(root(PARTNER), "s3:GetObject").policy["Statement"][0]]  # type: ignore[index]
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    statements.append(deny | {"Condition": OTHER_ORGANIZATION})

    (impact,) = impacts(Situation(BucketAccess(policy={"Version": "2012-10-17", "Statement": statements})))

    assert not impact.certain


@pytest.mark.parametrize("account", sorted(LOAD_BALANCER_ACCOUNTS))
def test_every_account_of_load_balancers_is_an_account_number(account: str) -> None:
    assert len(account) == 12
    assert account.isdecimal()


def test_ten_parties_are_named_and_the_rest_counted() -> None:
    sentences = in_words([Impact(f"party {number}") for number in range(12)])

    assert sentences.endswith("party 9; and 2 more")


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}], ids=["star", "AWS star"])
def test_a_key_that_keeps_everybody_out_keeps_services_out(principal: object) -> None:
    admitting = next(pair.twin for pair in PAIRS if pair.name == "S3 Inventory")
    deny = {"Effect": "Deny", "Principal": principal, "Action": "kms:*", "Resource": "*"}

    (impact,) = impacts(Situation(admitting.access, (*admitting.key, deny)))
    assert impact.certain


def test_a_key_that_keeps_out_everybody_but_some_leaves_it_open() -> None:
    admitting = next(pair.twin for pair in PAIRS if pair.name == "S3 Inventory")
    deny = {"Effect": "Deny", "NotPrincipal": {"AWS": "x"}, "Action": "kms:*", "Resource": "*"}

    (impact,) = impacts(Situation(admitting.access, (*admitting.key, deny)))
    assert not impact.certain


def test_key_policy_of_a_deployment_is_for_its_account_and_region() -> None:
    document = {"Statement": THE_STACKS_KEY}

    found = KeyPolicy.of(requirements(), K, document)

    assert found == KeyPolicy(key_arn=K, document=document, account=ACCOUNT, region=REGION)


@pytest.mark.parametrize(("account", "admits"), [(PARTNER, True), (ACCOUNT, False)])
def test_the_account_of_the_resource_is_the_one_in_the_arn_of_the_key(account: str, admits: bool) -> None:
    statement = {**THE_DEFAULT_POLICY, "Principal": "*"}
    statement["Condition"] = {"StringEquals": {"aws:ResourceAccount": account}}
    key_arn = f"arn:aws:kms:{REGION}:{PARTNER}:key/1"
    key = KeyPolicy(key_arn=key_arn, document={"Statement": statement}, account=ACCOUNT, region=REGION)

    assert key.admits_every_caller is admits
