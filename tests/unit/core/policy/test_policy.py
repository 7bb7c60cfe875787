"""A policy may require something else of each resource: nothing but `for_` is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reseal.core.access.key_policy import KeyPolicy
from reseal.core.checks.catalogue import Decisions, decisions_of
from reseal.core.decision import Compliant, Exempt, Manual, Remediate
from reseal.core.findings.finding import Finding, Status
from reseal.core.findings.results import CheckResult, findings_of
from reseal.core.guards.guards import guard
from reseal.core.policy.policy import Policy
from reseal.core.policy.requirements import Mode, Requirements
from reseal.core.repairs.repair import Repair, repairs_of
from reseal.core.resource import BucketResource, KeyResource, ObjectResource, Resource
from reseal.core.state.bucket_access import BucketAccess
from reseal.core.state.kms_key import KeyNotFound
from reseal.core.state.setting import Setting
from tests.support.builders import (
    ACCOUNT,
    BUCKET_KEY,
    DEFAULT_ENCRYPTION,
    DEFAULT_MODES,
    DSSE_KMS,
    REGION,
    SSE_KMS,
    TEAM_KEY,
    K,
    a_call,
    a_key,
    a_policy,
    encryption,
    observe,
    requirements,
)
from tests.support.guards import a_guarded_bucket, reads

STRICT, PLAIN = BucketResource(bucket="strict"), BucketResource(bucket="plain")
CONTROL_TOWER = f"aws-controltower-logs-{ACCOUNT}-us-east-1"
FOUND = encryption(SSE_KMS, TEAM_KEY)
"""What both buckets have: an approved key, without a Bucket Key."""


class ByBucket:
    """A made-up policy: one bucket needs DSSE-KMS, only reports it, and another key remediates it."""

    strict = requirements(
        required=DSSE_KMS,
        remediation_key=TEAM_KEY,
        check_modes=DEFAULT_MODES | {DEFAULT_ENCRYPTION: Mode.DETECT},
    )
    plain = requirements(check_modes=DEFAULT_MODES | {BUCKET_KEY: Mode.ENFORCE})

    def for_(self, resource: Resource) -> Requirements:
        return self.strict if resource == STRICT else self.plain


POLICY = ByBucket()
PLAIN_KEY = KeyPolicy(key_arn=TEAM_KEY, document={"Statement": []}, account=ACCOUNT, region=REGION)
READS = reads(key=a_key(K), access=BucketAccess(), policy=PLAIN_KEY)


def decide(bucket: BucketResource) -> Decisions:
    required = POLICY.for_(bucket)
    decisions = decisions_of(required, a_call(), observe(required, FOUND, a_key(TEAM_KEY)))
    bucket_under_key = a_guarded_bucket(FOUND, a_key(TEAM_KEY))
    return guard(required, bucket_under_key, READS, decisions)


def repairs(bucket: BucketResource) -> tuple[Repair, ...]:
    return repairs_of(POLICY.for_(bucket), {Setting.BUCKET_ENCRYPTION: FOUND}, decide(bucket))


def findings(bucket: BucketResource) -> dict[str, Finding]:
    results = {c: CheckResult(decision=decision, before=FOUND) for c, decision in decide(bucket).items()}
    found = findings_of(POLICY.for_(bucket), a_call(bucket=bucket.bucket), results)
    return {finding.check.id: finding for finding in found}


def test_each_bucket_is_decided_by_its_own_requirements() -> None:
    strict, plain = decide(STRICT), decide(PLAIN)

    assert isinstance(strict[DEFAULT_ENCRYPTION], Remediate)
    assert isinstance(plain[DEFAULT_ENCRYPTION], Compliant)
    assert isinstance(strict[BUCKET_KEY], Compliant)
    assert isinstance(plain[BUCKET_KEY], Remediate)


def test_each_bucket_is_guarded_by_its_own_remediation_key() -> None:
    to_key = {bucket: decide_to_key(bucket) for bucket in (STRICT, PLAIN)}

    assert TEAM_KEY in to_key[STRICT].reason
    assert K in to_key[PLAIN].reason


def decide_to_key(bucket: BucketResource) -> Manual:
    """What stops the move of an unencrypted bucket to a remediation key that does not exist."""
    required = POLICY.for_(bucket)
    decisions = decisions_of(required, a_call(), observe(required, encryption()))
    no_key = reads(key=KeyNotFound(named=""))
    stopped = guard(required, a_guarded_bucket(encryption()), no_key, decisions)[DEFAULT_ENCRYPTION]
    assert isinstance(stopped, Manual)
    return stopped


def test_each_bucket_is_repaired_by_its_own_modes() -> None:
    assert repairs(STRICT) == ()
    assert [repair.checks for repair in repairs(PLAIN)] == [(BUCKET_KEY,)]


def test_each_finding_says_what_was_required_of_its_bucket() -> None:
    strict, plain = findings(STRICT)[DEFAULT_ENCRYPTION], findings(PLAIN)[BUCKET_KEY]

    assert strict.status is Status.DETECTED
    assert strict.required == "DSSE-KMS or stronger, under an approved key"
    assert strict.recommendation == "nothing was changed: the mode of the default encryption check is detect"
    assert plain.recommendation is not None
    assert "not yet in mode enforce" in plain.recommendation


@pytest.mark.parametrize(
    ("resource", "is_exempt"),
    [
        (PLAIN, False),
        (ObjectResource(bucket="plain", object_key="a"), False),
        (BucketResource(bucket=CONTROL_TOWER), True),
        (ObjectResource(bucket=CONTROL_TOWER, object_key="a"), True),
        (BucketResource(bucket="data--use1-az4--x-s3"), True),
        (KeyResource(kms_key=K), False),
    ],
)
def test_policy_exempts_resources_by_their_bucket(resource: Resource, is_exempt: bool) -> None:
    required = a_policy().for_(resource)

    assert isinstance(required.exempt, Exempt) is is_exempt


def test_policy_judges_control_tower_where_the_operator_says_so() -> None:
    policy = replace(a_policy(), exempt_control_tower=False)

    assert policy.for_(BucketResource(bucket=CONTROL_TOWER)).exempt is None


def test_policy_requires_the_same_of_every_other_resource() -> None:
    policy: Policy = a_policy(required=DSSE_KMS)

    assert policy.for_(PLAIN) == policy.for_(STRICT) == requirements(required=DSSE_KMS)


@pytest.mark.parametrize(
    ("scope", "bucket", "reached"),
    [
        (("*",), "payroll", True),
        (("payroll",), "payroll", True),
        (("payroll",), "payroll-archive", True),
        (("payroll/",), "payroll", True),
        (("payroll/",), "payroll-archive", False),
        (("team-", "payroll/"), "team-a", True),
        (("team-", "payroll/"), "my-team-a", False),
        (("team-",), "team", False),
    ],
)
def test_object_scope_is_of_prefixes_and_of_exact_names(
    scope: tuple[str, ...], bucket: str, reached: bool
) -> None:
    policy = replace(a_policy(), object_scope=scope)

    required = policy.for_(ObjectResource(bucket=bucket, object_key="a"))

    assert (required.exempt, required.record_only) == (None, not reached)
    assert policy.for_(BucketResource(bucket=bucket)).exempt is None
