"""The tables of KMS.KeyPolicy and KMS.Alias, and what is decided by a record alone."""

from __future__ import annotations

from typing import Any

import pytest

from reseal.core.calls.look import Look
from reseal.core.checks.keys.by_record import decide_by_record
from reseal.core.checks.keys.key_alias import decide_key_alias
from reseal.core.checks.keys.key_policy import (
    MOST_LOOKS,
    decide_key_policy,
    may_be_administered,
    may_be_read,
    opened_to_everybody,
)
from reseal.core.checks.keys.observed_key import ObservedKey
from reseal.core.decision import Compliant, Decision, Exempt, Manual, Remediate, Severity
from reseal.core.policy.requirements import Mode
from reseal.core.resource import KeyResource
from reseal.core.state.kms_key import KeyNotFound, KmsKey
from tests.support.builders import (
    ACCOUNT,
    DEFAULT_MODES,
    KEY_DELETION,
    KEY_DISABLED,
    KEY_POLICY,
    KEY_ROTATION,
    PARTNER_KEY,
    TEAM_KEY,
    K,
    a_key,
    a_key_call,
    key_arn,
    requirements,
)
from tests.support.fakes.services import NOON
from tests.unit.core.checks.keys.observed import ADMINISTERED, LISTED, YEARLY, observed, of_the_stack

PUT = a_key_call("PutKeyPolicy")
MOVED = a_key_call("UpdateAlias", alias="alias/team")
LOOK = Look(event_id="look-1", time=NOON, resource=KeyResource(kms_key=TEAM_KEY))
PRIMARY, MULTI_REGION = key_arn("mrk-1", region="eu-west-1"), key_arn("mrk-1")
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
EVERYBODY = {"AWS": "*"}


def severity_of(decision: Decision) -> Severity | None:
    return decision.severity if isinstance(decision, Manual | Remediate) else None


def allow(principal: Any = EVERYBODY, action: Any = "kms:Decrypt", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", **more}


def under(**condition: Any) -> dict[str, Any]:
    """A statement for everybody under conditions, written `Operator={"key": "value"}`."""
    return allow(Condition=condition)


def policy(*statements: dict[str, Any], version: str = "2012-10-17") -> dict[str, Any]:
    return {"Version": version, "Statement": [allow({"AWS": ROOT}, "kms:*"), *statements]}


@pytest.mark.parametrize(
    "statement",
    [
        allow(),
        allow("*"),
        allow(action=["kms:Describe*", "kms:Dec*"]),
        allow(action="*"),
        under(StringEquals={"kms:ViaService": "s3.us-east-1.amazonaws.com"}),
        under(StringLike={"aws:PrincipalArn": "arn:aws:iam::*:role/*"}),
        under(StringNotEquals={"aws:PrincipalAccount": "444455556666"}),
        under(StringEqualsIfExists={"aws:SourceAccount": ACCOUNT}),
        under(Bool={"aws:SecureTransport": "true"}),
        under(IpAddress={"aws:SourceIp": "0.0.0.0/0"}),
        under(StringEquals={"aws:PrincipalTag/team": "payroll"}),
        under(Null={"aws:PrincipalArn": "false"}),
        {**allow(), "NotAction": "kms:Encrypt", "Action": None} | {},
    ],
    ids=str,
)
def test_policy_that_admits_every_account_is_open(statement: dict[str, Any]) -> None:
    statement = {name: value for name, value in statement.items() if value is not None}

    assert opened_to_everybody(policy(statement), TEAM_KEY)


@pytest.mark.parametrize(
    "statement",
    [
        allow({"AWS": ROOT}),
        allow({"AWS": "arn:aws:iam::444455556666:root"}),
        allow({"Service": "cloudtrail.amazonaws.com"}),
        allow(action="kms:DescribeKey"),
        under(StringEquals={"kms:CallerAccount": ACCOUNT}),
        under(StringEquals={"kms:CallerAccount": ACCOUNT, "kms:ViaService": "s3.us-east-1.amazonaws.com"}),
        under(StringEquals={"aws:PrincipalAccount": [ACCOUNT, "444455556666"]}),
        under(StringEquals={"aws:PrincipalOrgID": "o-1234567890"}),
        under(**{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1234567890/*"}}),
        under(StringEquals={"aws:SourceAccount": ACCOUNT}),
        under(ArnLike={"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/*"}),
        under(StringEquals={"aws:SourceVpce": "vpce-1"}),
        under(IpAddress={"aws:SourceIp": "10.0.0.0/8"}),
        under(Bool={"aws:PrincipalIsAWSService": "true"}),
    ],
    ids=str,
)
def test_policy_that_admits_some_is_not_open(statement: dict[str, Any]) -> None:
    assert opened_to_everybody(policy(statement), TEAM_KEY) == ()


def test_denial_of_strangers_closes_what_an_allow_opens() -> None:
    denied = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "kms:*",
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}},
    }

    assert opened_to_everybody(policy(allow(), denied), TEAM_KEY) == ()


@pytest.mark.parametrize(
    ("document", "administered"),
    [
        (ADMINISTERED, True),
        ({"Statement": [allow({"AWS": ACCOUNT}, "kms:*")]}, True),
        ({"Statement": [allow({"AWS": f"arn:aws:iam::{ACCOUNT}:role/Admin"}, "kms:PutKeyPolicy")]}, True),
        ({"Statement": [allow("*", "kms:Put*")]}, True),
        ({"Statement": []}, False),
        ({}, False),
        ({"Statement": [allow({"AWS": ROOT}, "kms:Decrypt")]}, False),
        ({"Statement": [allow({"AWS": "arn:aws:iam::444455556666:root"}, "kms:*")]}, False),
        ({"Statement": [allow({"AWS": "AROAEXAMPLEEXAMPLE123"}, "kms:*")]}, False),
        ({"Statement": [allow({"Service": "s3.amazonaws.com"}, "kms:*")]}, False),
        (policy({"Effect": "Deny", "Principal": "*", "Action": "kms:PutKeyPolicy", "Resource": "*"}), False),
    ],
    ids=[
        "root",
        "account",
        "a role",
        "everybody",
        "nothing",
        "no statement",
        "no right to",
        "another account",
        "a deleted role",
        "a service",
        "denied",
    ],
)
def test_policy_that_nobody_of_the_account_can_change_locks_it_out(
    document: dict[str, Any], administered: bool
) -> None:
    assert may_be_administered(document, TEAM_KEY, ACCOUNT) is administered


def only(statement: dict[str, Any]) -> dict[str, Any]:
    """The account administers the key, but may use it by this statement alone."""
    return {"Version": "2012-10-17", "Statement": [allow({"AWS": ROOT}, "kms:PutKeyPolicy"), statement]}


@pytest.mark.parametrize(
    ("document", "read"),
    [
        (ADMINISTERED, True),
        (only(allow({"AWS": f"arn:aws:iam::{ACCOUNT}:role/Reader"})), True),
        (only(under(StringEquals={"kms:CallerAccount": ACCOUNT})), True),
        (only(under(StringEquals={"kms:ViaService": "s3.us-east-1.amazonaws.com"})), True),
        (only(allow({"AWS": ROOT}, "kms:GenerateDataKey")), False),
        (only(allow({"AWS": "arn:aws:iam::444455556666:root"})), False),
        (only(allow({"Service": "cloudtrail.amazonaws.com"})), False),
        (only(under(StringEquals={"kms:ViaService": "ec2.us-east-1.amazonaws.com"})), False),
        (policy({"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}), False),
    ],
    ids=[
        "root",
        "a role",
        "callers of the account",
        "through S3",
        "writers only",
        "another account only",
        "a service only",
        "through another service",
        "denied",
    ],
)
def test_policy_that_lets_nobody_of_the_account_read_through_s3_is_found(
    document: dict[str, Any], read: bool
) -> None:
    assert may_be_read(document, TEAM_KEY, ACCOUNT) is read


@pytest.mark.parametrize(
    ("call", "found", "severity"),
    [
        (
            PUT,
            observed(policy=only(allow({"AWS": ROOT}, "kms:Encrypt")), buckets=("b",)),
            Severity.CRITICAL,
        ),
        (PUT, observed(policy=only(allow({"AWS": ROOT}, "kms:Encrypt"))), None),
        (PUT, observed(policy=policy(allow()), buckets=("b",)), Severity.CRITICAL),
        (LOOK, observed(policy=policy(allow()), buckets=("b",)), Severity.CRITICAL),
        (PUT, observed(policy=policy(allow())), Severity.LOW),
        (
            PUT,
            observed(policy=only(allow()) | {"Statement": [allow({"AWS": ROOT})]}, buckets=("b",)),
            Severity.HIGH,
        ),
        (PUT, observed(policy={"Statement": []}), Severity.LOW),
        (PUT, observed(policy=ADMINISTERED, buckets=("b",)), None),
        (a_key_call("PutKeyPolicy", skipped_check=True), of_the_stack(policy=ADMINISTERED), Severity.HIGH),
        (PUT, of_the_stack(policy=ADMINISTERED), Severity.LOW),
        (LOOK, of_the_stack(policy=ADMINISTERED), None),
        (PUT, observed(policy=ADMINISTERED, buckets=("b",) * (MOST_LOOKS + 1)), Severity.LOW),
        (PUT, observed(policy=ADMINISTERED, buckets=("b",) * MOST_LOOKS), None),
        (PUT, observed(policy_denied=True, buckets=("b",)), Severity.MEDIUM),
        (PUT, observed(policy_denied=True), Severity.LOW),
        (PUT, observed(), None),
        (a_key_call("EnableKey"), observed(policy=policy(allow())), None),
    ],
    ids=[
        "nobody reads, used",
        "nobody reads, unknown",
        "open, used",
        "open, by a look",
        "open, unknown",
        "locked out, used",
        "locked out, unknown",
        "in order",
        "check skipped",
        "the remediation key's, replaced",
        "the remediation key's, by a look",
        "more buckets than are looked at",
        "as many as are looked at",
        "not shown, used",
        "not shown, unknown",
        "not judged",
        "another call",
    ],
)
def test_key_policy(call: Any, found: Any, severity: Severity | None) -> None:
    assert severity_of(decide_key_policy(requirements(), call, found)) is severity


@pytest.mark.parametrize(
    ("call", "found", "severity"),
    [
        (a_key_call("DeleteAlias", alias="alias/team"), observed(naming=("a", "b")), Severity.CRITICAL),
        (a_key_call("UpdateAlias", alias="alias/team"), observed(naming=("a",)), Severity.MEDIUM),
        (
            a_key_call("UpdateAlias", alias="alias/team"),
            observed(a_key(origin="EXTERNAL"), naming=("a",)),
            Severity.HIGH,
        ),
        (
            a_key_call("CreateAlias", alias="alias/team"),
            observed(KeyNotFound(named=TEAM_KEY), naming=("a",)),
            Severity.HIGH,
        ),
        (MOVED, observed(a_key(manager="AWS"), naming=("a",)), Severity.HIGH),
        (MOVED, observed(a_key(state="Disabled"), naming=("a",)), Severity.CRITICAL),
        (MOVED, observed(a_key(spec="RSA_2048"), naming=("a",)), Severity.CRITICAL),
        (MOVED, observed(a_key(usage="SIGN_VERIFY"), naming=("a",)), Severity.CRITICAL),
        (a_key_call("UpdateAlias", alias="alias/team"), observed(buckets=("a",)), None),
        (a_key_call("UpdateAlias"), observed(naming=("a",)), None),
        (a_key_call("DisableKey", alias="alias/team"), observed(naming=("a",)), None),
        (LOOK, observed(naming=("a",)), None),
    ],
    ids=[
        "deleted",
        "moved to an approved key",
        "moved to another",
        "moved to no key",
        "moved to a key of AWS",
        "moved to a disabled key",
        "moved to an asymmetric key",
        "moved to a key for other use",
        "no bucket names it",
        "odd alias",
        "another call",
        "look",
    ],
)
def test_alias_that_buckets_name(call: Any, found: Any, severity: Severity | None) -> None:
    assert severity_of(decide_key_alias(requirements(), call, found)) is severity


@pytest.mark.parametrize(
    ("listed", "key", "severity"),
    [
        ({TEAM_KEY}, a_key(), Severity.MEDIUM),
        (set(), a_key(), Severity.HIGH),
        ({TEAM_KEY}, a_key(origin="EXTERNAL"), Severity.MEDIUM),
        (set(), a_key(K), Severity.MEDIUM),
        ({MULTI_REGION}, a_key(MULTI_REGION, primary=PRIMARY), Severity.MEDIUM),
    ],
    ids=["listed", "unlisted", "listed, imported", "remediation key", "listed replica"],
)
def test_alias_that_is_moved_with_a_list_of_approved_keys(
    listed: set[str], key: KmsKey, severity: Severity
) -> None:
    required = requirements(listed_keys=frozenset(listed))

    assert severity_of(decide_key_alias(required, MOVED, observed(key, naming=("a",)))) is severity


@pytest.mark.parametrize(
    "key",
    [
        a_key(spec="RSA_2048", usage="SIGN_VERIFY"),
        a_key(origin="EXTERNAL"),
        a_key(state="Disabled"),
        a_key(state="PendingDeletion"),
        a_key(MULTI_REGION),
        a_key(MULTI_REGION, primary=PRIMARY),
    ],
    ids=["asymmetric", "imported", "disabled", "pending deletion", "primary", "replica"],
)
@pytest.mark.parametrize(
    ("document", "severity"),
    [(policy(allow()), Severity.CRITICAL), (ADMINISTERED, None)],
    ids=["open", "in order"],
)
def test_policy_is_judged_alike_whatever_the_key_is(
    key: KmsKey, document: dict[str, Any], severity: Severity | None
) -> None:
    found = observed(key, policy=document, buckets=("b",))

    assert severity_of(decide_key_policy(requirements(), PUT, found)) is severity


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (observed(a_key(manager="AWS"), policy=policy(allow()), buckets=("b",)), "AWS keeps"),
        (observed(a_key(PARTNER_KEY), policy_denied=True), "to account 444455556666 alone"),
    ],
    ids=["AWS managed", "of another account"],
)
def test_policy_that_nobody_here_can_change_or_see_is_compliant(found: ObservedKey, why: str) -> None:
    decision = decide_key_policy(requirements(listed_keys=frozenset({PARTNER_KEY})), LOOK, found)

    assert isinstance(decision, Compliant)
    assert why in decision.reason


@pytest.mark.parametrize(
    ("name", "check", "severity"),
    [
        ("ScheduleKeyDeletion", KEY_DELETION, Severity.CRITICAL),
        ("DeleteKey", KEY_DELETION, Severity.CRITICAL),
        ("DisableKey", KEY_DISABLED, Severity.CRITICAL),
        ("DisableKeyRotation", KEY_ROTATION, Severity.HIGH),
    ],
)
def test_record_alone_says_what_was_done_to_a_key_that_cannot_be_read(
    name: str, check: str, severity: Severity
) -> None:
    decisions = decide_by_record(LISTED, a_key_call(name), observed(), was_read=False)
    unknown = decide_by_record(requirements(), a_key_call(name), observed(), was_read=False)

    assert {check: severity_of(one) for check, one in decisions.items()} == {check: severity}
    assert severity_of(unknown[check]) is Severity.LOW


def test_policy_in_a_record_is_judged_if_the_key_cannot_be_read() -> None:
    call = a_key_call("PutKeyPolicy", policy=policy(allow()))

    decisions = decide_by_record(LISTED, call, observed(), was_read=False)

    assert severity_of(decisions[KEY_POLICY]) is Severity.CRITICAL


def test_record_of_a_harmless_call_says_nothing() -> None:
    assert decide_by_record(LISTED, a_key_call("EnableKey"), observed(), was_read=False) == {}


def test_check_that_is_off_decides_nothing_by_the_record() -> None:
    off = requirements(check_modes=dict.fromkeys(DEFAULT_MODES, Mode.OFF))

    (decision,) = decide_by_record(off, a_key_call("DisableKey"), observed(), was_read=False).values()

    assert isinstance(decision, Exempt)


@pytest.mark.parametrize(
    ("name", "facts", "decided"),
    [
        ("DisableKeyRotation", {"rotation": YEARLY}, True),
        ("DisableKeyRotation", {}, False),
        ("DisableKeyRotation", {"rotation": None}, False),
        ("EnableKey", {"rotation": YEARLY}, False),
    ],
    ids=["on again", "still off", "not asked", "another call"],
)
def test_rotation_that_is_on_again_was_off_by_the_record(
    name: str, facts: dict[str, Any], decided: bool
) -> None:
    decisions = decide_by_record(LISTED, a_key_call(name), observed(**facts), was_read=True)

    assert [isinstance(one, Remediate) for one in decisions.values()] == [True] * decided


def test_look_at_the_remediation_key_in_order_is_compliant() -> None:
    assert of_the_stack().arn == K
    assert isinstance(decide_key_policy(requirements(), LOOK, of_the_stack(policy=ADMINISTERED)), Compliant)
