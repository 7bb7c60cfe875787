"""The decision table of docs/checks.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from reseal.core.calls.bucket_call import BucketCall
from reseal.core.checks.buckets.default_encryption import decide_default_encryption
from reseal.core.checks.buckets.observed_bucket import ObservedBucket
from reseal.core.decision import Compliant, Decision, Manual, Remediate, Severity
from reseal.core.policy.requirements import Requirements
from reseal.core.state.bucket_access import BucketAccess
from reseal.core.state.bucket_encryption import NEVER_CONFIGURED, BucketEncryption
from reseal.core.state.kms_key import KeyDescription, KeyNotFound, KeyUnreadable
from tests.support.builders import (
    ACCOUNT,
    DSSE_KMS,
    OTHER_ACCOUNT,
    PARTNER_KEY,
    REGION,
    SSE_KMS,
    SSE_S3,
    STRANGER_KEY,
    TEAM_KEY,
    UNLISTED_KEY,
    K,
    a_call,
    a_key,
    encryption,
    key_arn,
    observe,
    requirements,
    stated,
)
from tests.support.fakes.services import NOON

LISTED = frozenset({TEAM_KEY, PARTNER_KEY})
NAMES = {
    K: "K",
    TEAM_KEY: "the team's key",
    UNLISTED_KEY: "the unlisted key",
    PARTNER_KEY: "the partner's key",
}
AWS_MANAGED_KEY = key_arn("aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa")
TEAM_ALIAS = "alias/team"
TEAM_ALIAS_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/team"
BARE_ID = TEAM_KEY.rsplit("/", 1)[-1]
PARTNER_ALIAS_ARN = f"arn:aws:kms:{REGION}:{OTHER_ACCOUNT}:alias/shared"
STRANGER_ALIAS_ARN = f"arn:aws:kms:{REGION}:777788889999:alias/shared"
PARTNER_ELSEWHERE = key_arn("66666666-6666-6666-6666-666666666666", OTHER_ACCOUNT, "eu-west-1")
OTHER_REGION_KEY = key_arn("55555555-5555-5555-5555-555555555555", region="eu-west-1")

TO_K_CRITICAL = {SSE_KMS: "CRITICAL: aws:kms under K", DSSE_KMS: "CRITICAL: aws:kms:dsse under K"}
BROKEN = "CRITICAL: manual"

Row = tuple[str, BucketEncryption, KeyDescription | None, dict[str, str] | str]


def policies(required: str) -> dict[str, Requirements]:
    algorithm = SSE_KMS if required == SSE_KMS else DSSE_KMS
    return {
        "account": requirements(required=algorithm),
        "list": requirements(required=algorithm, listed_keys=LISTED),
        "replace": requirements(required=algorithm, listed_keys=LISTED, replace_unapproved=True),
    }


def in_short(decision: Decision, found: BucketEncryption) -> str:
    """`Compliant`, or the severity with the rule that would be written, or with `report`."""
    if isinstance(decision, Remediate):
        rule = decision.change.applied_to(found)
        key = NAMES.get(rule.key_id or "", rule.key_id)
        extra = " with Bucket Key" if rule.bucket_key else ""
        return f"{decision.severity.name}: {rule.algorithm} under {key}{extra}"
    if isinstance(decision, Manual):
        return f"{decision.severity.name}: manual"
    return type(decision).__name__


def kms(key_id: str | None) -> BucketEncryption:
    return encryption(SSE_KMS, key_id)


def dsse(key_id: str | None) -> BucketEncryption:
    return encryption(DSSE_KMS, key_id)


def aws_managed(to: str) -> list[Row]:
    """Every way to name aws/s3 leads to K."""
    described = a_key(AWS_MANAGED_KEY, manager="AWS")
    alias_arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/aws/s3"
    return [
        ("SSE-KMS without a key id", kms(None), None, to),
        ("aws/s3 by alias", kms("alias/aws/s3"), None, to),
        ("aws/s3 by alias ARN", kms(alias_arn), None, to),
        ("aws/s3 by key ARN", kms(AWS_MANAGED_KEY), described, to),
        ("aws/s3 by bare id", kms("aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"), described, to),
        ("aws/s3 by an alias of ours", kms("alias/ours"), described, to),
    ]


def broken(found: BucketEncryption) -> list[Row]:
    """Every way in which the bucket's own key cannot be used is reported, and nothing is written."""
    states = ("Disabled", "PendingDeletion", "PendingImport", "PendingReplicaDeletion", "Unavailable")
    rows: list[Row] = [(f"key {state}", found, a_key(TEAM_KEY, state=state), BROKEN) for state in states]
    return [
        *rows,
        ("key not found", found, KeyNotFound(named=TEAM_KEY), BROKEN),
        ("asymmetric key", found, a_key(TEAM_KEY, spec="RSA_2048"), BROKEN),
        ("signing key", found, a_key(TEAM_KEY, spec="HMAC_256", usage="GENERATE_VERIFY_MAC"), BROKEN),
        ("key of another Region", encryption(SSE_KMS, OTHER_REGION_KEY), a_key(OTHER_REGION_KEY), BROKEN),
        ("alias without a key", encryption(SSE_KMS, TEAM_ALIAS), KeyNotFound(named=TEAM_ALIAS), BROKEN),
        ("unlisted and disabled", kms(UNLISTED_KEY), a_key(UNLISTED_KEY, state="Disabled"), BROKEN),
        ("K disabled", encryption(SSE_KMS, K), a_key(K, state="Disabled"), BROKEN),
    ]


UNJUDGED: list[Row] = [
    (
        "own key that may not be described",
        kms(TEAM_KEY),
        KeyUnreadable(named=TEAM_KEY),
        {"account": "MEDIUM: manual", "list": "LOW: manual", "replace": "LOW: manual"},
    ),
    ("alias that may not be described", kms(TEAM_ALIAS), KeyUnreadable(named=TEAM_ALIAS), "MEDIUM: manual"),
    ("the remediation key, not describable", kms(K), KeyUnreadable(named=K), "LOW: manual"),
    ("an algorithm of tomorrow", encryption("aws:fsx"), None, "MEDIUM: manual"),
    ("an algorithm of tomorrow with a key", encryption("aws:pqc", TEAM_KEY), a_key(), "MEDIUM: manual"),
]


def foreign(make: type | object, to: str, kept: str) -> list[Row]:
    """Keys of other accounts: `kept` where the list approves the key, else `to`."""
    rule = kms if make is SSE_KMS else dsse
    approved_by_list = {"account": to, "list": kept, "replace": kept}
    missing = {"account": to, "list": BROKEN, "replace": BROKEN}
    unreadable_alias = {"account": to, "list": "MEDIUM: manual", "replace": "MEDIUM: manual"}
    unreadable_listed = {"account": to, "list": "LOW: manual", "replace": "LOW: manual"}
    alias = rule(PARTNER_ALIAS_ARN)
    return [
        ("another account's key", rule(STRANGER_KEY), a_key(STRANGER_KEY), to),
        ("another account's alias", rule(STRANGER_ALIAS_ARN), a_key(STRANGER_KEY), to),
        ("another account's key, disabled", rule(STRANGER_KEY), a_key(STRANGER_KEY, state="Disabled"), to),
        ("partner's alias of a key that is not listed", alias, a_key(key_arn("6", OTHER_ACCOUNT)), to),
        ("partner's alias of nothing", alias, KeyNotFound(named=PARTNER_ALIAS_ARN), missing),
        (
            "partner's alias, not described",
            alias,
            KeyUnreadable(named=PARTNER_ALIAS_ARN),
            unreadable_alias,
        ),
        (
            "partner's key, not described",
            rule(PARTNER_KEY),
            KeyUnreadable(named=PARTNER_KEY),
            unreadable_listed,
        ),
        ("partner's other key, disabled", rule(key_arn("6", OTHER_ACCOUNT)), None, to),
        ("partner's alias of a listed key", alias, a_key(PARTNER_KEY), approved_by_list),
    ]


REQUIRED_SSE_KMS: list[Row] = [
    ("SSE-S3", encryption(SSE_S3), None, "HIGH: aws:kms under K with Bucket Key"),
    ("no configuration", NEVER_CONFIGURED, None, "HIGH: aws:kms under K with Bucket Key"),
    *aws_managed("HIGH: aws:kms under K"),
    (
        "aws/s3 with Bucket Key",
        encryption(SSE_KMS, bucket_key=True),
        None,
        "HIGH: aws:kms under K with Bucket Key",
    ),
    ("DSSE-KMS without a key id", dsse(None), None, "HIGH: aws:kms:dsse under K"),
    ("DSSE-KMS under aws/s3", dsse("alias/aws/s3"), None, "HIGH: aws:kms:dsse under K"),
    ("K", kms(K), a_key(K), "Compliant"),
    ("K under DSSE-KMS", dsse(K), a_key(K), "Compliant"),
    ("the team's key by ARN", kms(TEAM_KEY), a_key(), "Compliant"),
    ("the team's key by bare id", kms(BARE_ID), a_key(), "Compliant"),
    ("the team's key by alias", kms(TEAM_ALIAS), a_key(), "Compliant"),
    ("the team's key by alias ARN", kms(TEAM_ALIAS_ARN), a_key(), "Compliant"),
    ("the team's key under DSSE-KMS", dsse(TEAM_KEY), a_key(), "Compliant"),
    (
        "own key that is not listed",
        kms(UNLISTED_KEY),
        a_key(UNLISTED_KEY),
        {"account": "Compliant", "list": "HIGH: manual", "replace": "HIGH: aws:kms under K"},
    ),
    (
        "own key that is not listed, by alias",
        kms(TEAM_ALIAS),
        a_key(UNLISTED_KEY),
        {"account": "Compliant", "list": "HIGH: manual", "replace": "HIGH: aws:kms under K"},
    ),
    (
        "own key that is not listed, under DSSE-KMS",
        dsse(UNLISTED_KEY),
        a_key(UNLISTED_KEY),
        {"account": "Compliant", "list": "HIGH: manual", "replace": "HIGH: aws:kms:dsse under K"},
    ),
    *foreign(SSE_KMS, TO_K_CRITICAL[SSE_KMS], "Compliant"),
    (
        "partner's key",
        kms(PARTNER_KEY),
        a_key(PARTNER_KEY),
        {"account": TO_K_CRITICAL[SSE_KMS], "list": "Compliant", "replace": "Compliant"},
    ),
    (
        "partner's listed key, disabled",
        kms(PARTNER_KEY),
        a_key(PARTNER_KEY, state="Disabled"),
        {"account": TO_K_CRITICAL[SSE_KMS], "list": BROKEN, "replace": BROKEN},
    ),
    ("another account's key under DSSE-KMS", dsse(STRANGER_KEY), None, TO_K_CRITICAL[DSSE_KMS]),
    *broken(kms(TEAM_KEY)),
    *UNJUDGED,
]

REQUIRED_DSSE_KMS: list[Row] = [
    ("SSE-S3", encryption(SSE_S3), None, "HIGH: aws:kms:dsse under K"),
    ("no configuration", NEVER_CONFIGURED, None, "HIGH: aws:kms:dsse under K"),
    *aws_managed("HIGH: aws:kms:dsse under K"),
    ("DSSE-KMS without a key id", dsse(None), None, "HIGH: aws:kms:dsse under K"),
    ("K under DSSE-KMS", dsse(K), a_key(K), "Compliant"),
    ("K under SSE-KMS", kms(K), a_key(K), "HIGH: aws:kms:dsse under K"),
    ("the team's key under DSSE-KMS", dsse(TEAM_KEY), a_key(), "Compliant"),
    ("the team's key under SSE-KMS", kms(TEAM_KEY), a_key(), "HIGH: aws:kms:dsse under the team's key"),
    (
        "the team's key with a Bucket Key, which DSSE-KMS has not",
        encryption(SSE_KMS, TEAM_KEY, bucket_key=True),
        a_key(),
        "HIGH: aws:kms:dsse under the team's key",
    ),
    ("the team's alias under SSE-KMS", kms(TEAM_ALIAS), a_key(), "HIGH: aws:kms:dsse under alias/team"),
    ("the team's alias under DSSE-KMS", dsse(TEAM_ALIAS), a_key(), "Compliant"),
    (
        "own key that is not listed, under SSE-KMS",
        kms(UNLISTED_KEY),
        a_key(UNLISTED_KEY),
        {
            "account": "HIGH: aws:kms:dsse under the unlisted key",
            "list": "HIGH: manual",
            "replace": "HIGH: aws:kms:dsse under K",
        },
    ),
    (
        "own key that is not listed, under DSSE-KMS",
        dsse(UNLISTED_KEY),
        a_key(UNLISTED_KEY),
        {"account": "Compliant", "list": "HIGH: manual", "replace": "HIGH: aws:kms:dsse under K"},
    ),
    (
        "partner's key under SSE-KMS",
        kms(PARTNER_KEY),
        a_key(PARTNER_KEY),
        {
            "account": TO_K_CRITICAL[DSSE_KMS],
            "list": "HIGH: aws:kms:dsse under the partner's key",
            "replace": "HIGH: aws:kms:dsse under the partner's key",
        },
    ),
    *foreign(DSSE_KMS, TO_K_CRITICAL[DSSE_KMS], "Compliant"),
    *broken(kms(TEAM_KEY)),
    *UNJUDGED,
]


def cells(algorithm: str, rows: list[Row]) -> list[object]:
    """One case for each row and each way to approve keys."""
    return [
        pytest.param(
            required,
            found,
            described,
            expected if isinstance(expected, str) else expected[name],
            id=f"{algorithm} required, {name}: {row}",
        )
        for row, found, described, expected in rows
        for name, required in policies(algorithm).items()
    ]


@pytest.mark.parametrize(
    ("required", "found", "described", "expected"),
    [*cells(SSE_KMS, REQUIRED_SSE_KMS), *cells(DSSE_KMS, REQUIRED_DSSE_KMS)],
)
def test_decision_table(
    required: Requirements, found: BucketEncryption, described: KeyDescription | None, expected: str
) -> None:
    observed = observe(required, found, described)

    decision = decide_default_encryption(required, a_call(), observed)

    assert in_short(decision, found) == expected


@pytest.mark.parametrize(
    ("call", "found", "severity"),
    [
        pytest.param(a_call("CreateBucket"), encryption(), Severity.INFORMATIONAL, id="a new bucket"),
        pytest.param(a_call("DeleteBucketEncryption"), encryption(), Severity.HIGH, id="deleted"),
        pytest.param(a_call(stated=stated("AES256")), encryption(), Severity.HIGH, id="set to SSE-S3"),
        pytest.param(a_call(stated=stated()), encryption(), Severity.HIGH, id="set to nothing"),
        pytest.param(a_call(stated=None), encryption(), Severity.HIGH, id="set to what is not recorded"),
        pytest.param(a_call(stated=stated("aws:kms")), kms(None), Severity.HIGH, id="set to aws/s3"),
        pytest.param(
            a_call(stated=stated("aws:kms")), encryption(), Severity.MEDIUM, id="set to more than is found"
        ),
        pytest.param(a_call("PutBucketPolicy"), encryption(), Severity.MEDIUM, id="drift"),
        pytest.param(a_call(), kms(STRANGER_KEY), Severity.CRITICAL, id="another account's key"),
    ],
)
def test_severity_says_what_the_call_meant_to_do(
    call: BucketCall, found: BucketEncryption, severity: Severity
) -> None:
    observed = replace(observe(requirements(), found), created=NOON)

    decision = decide_default_encryption(requirements(), call, observed)

    assert isinstance(decision, Remediate)
    assert decision.severity is severity


FOREIGN_NAMES = {
    "key ARN": STRANGER_KEY,
    "alias ARN": STRANGER_ALIAS_ARN,
    "its aws/s3": f"arn:aws:kms:{REGION}:777788889999:alias/aws/s3",
    "key ARN of another Region": key_arn("6", "777788889999", "eu-west-1"),
}


@pytest.mark.parametrize("named", FOREIGN_NAMES.values(), ids=FOREIGN_NAMES)
@pytest.mark.parametrize(
    ("call", "replaced"),
    [
        (lambda named: a_call(stated=stated("aws:kms", named)), True),
        (lambda _: a_call(stated=None), True),
        (lambda _: a_call(stated=stated("aws:kms", TEAM_KEY)), False),
        (lambda _: a_call(stated=stated(None, TEAM_KEY)), False),
        (lambda named: a_call(stated=stated("aws:kms:dsse", named)), False),
        (lambda _: a_call(stated=stated("AES256")), False),
        (lambda _: a_call("CreateBucket"), False),
        (lambda _: a_call("DeleteBucketEncryption"), False),
        (lambda named: a_call("PutBucketAcl", stated=stated("aws:kms", named)), False),
    ],
    ids=[
        "set by the call",
        "not recorded",
        "another key",
        "another key without algorithm",
        "another algorithm",
        "SSE-S3",
        "created",
        "deleted",
        "a call about something else",
    ],
)
def test_a_foreign_key_is_replaced_only_where_the_call_can_have_set_it(
    call: Callable[[str], BucketCall], replaced: bool, named: str
) -> None:
    decision = decide_default_encryption(requirements(), call(named), observe(requirements(), kms(named)))

    assert in_short(decision, kms(named)) == ("CRITICAL: aws:kms under K" if replaced else BROKEN)
    assert named in decision.reason
    assert not isinstance(decision, Manual) or "account 777788889999" in decision.recommendation


@pytest.mark.parametrize("named", [BARE_ID, "alias/shared"], ids=["id", "alias"])
def test_a_name_without_an_account_is_a_key_of_this_account(named: str) -> None:
    observed = observe(requirements(), kms(named), KeyNotFound(named=named))

    decision = decide_default_encryption(requirements(), a_call("PutBucketAcl"), observed)

    assert isinstance(decision, Manual)
    assert "writes to this bucket fail" in decision.reason


def test_a_foreign_key_that_an_alias_of_a_known_account_names_is_kept_too() -> None:
    required = requirements(listed_keys=LISTED)
    observed = observe(required, kms(PARTNER_ALIAS_ARN), a_key(key_arn("6", OTHER_ACCOUNT)))

    decision = decide_default_encryption(required, a_call("PutBucketAcl"), observed)

    assert in_short(decision, kms(PARTNER_ALIAS_ARN)) == BROKEN


def test_a_call_that_did_not_set_it_still_replaces_aws_s3() -> None:
    observed = observe(requirements(), kms("alias/aws/s3"))

    decision = decide_default_encryption(requirements(), a_call("PutBucketAcl"), observed)

    assert in_short(decision, kms(None)) == "MEDIUM: aws:kms under K"


ELSEWHERE = {
    "key ARN": (OTHER_REGION_KEY, "it is in eu-west-1"),
    "multi-Region key": (key_arn("mrk-1", region="eu-west-1"), "it is in eu-west-1"),
    "alias ARN": (f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/team", "it is in eu-west-1"),
    "listed key": (PARTNER_ELSEWHERE, "it is in eu-west-1"),
    "partition": (f"arn:aws-cn:kms:{REGION}:{ACCOUNT}:key/1", "the AWS partition aws-cn"),
    "partition and Region": (f"arn:aws-cn:kms:cn-north-1:{ACCOUNT}:key/1", "the AWS partition aws-cn"),
}


@pytest.mark.parametrize(("named", "why"), ELSEWHERE.values(), ids=ELSEWHERE)
@pytest.mark.parametrize("call", ["PutBucketEncryption", "PutBucketAcl"])
def test_a_key_of_another_region_is_critical_by_its_arn_alone(named: str, why: str, call: str) -> None:
    required = requirements(listed_keys=LISTED | {PARTNER_ELSEWHERE})
    observed = observe(required, kms(named), KeyUnreadable(named=named))

    decision = decide_default_encryption(required, a_call(call), observed)

    assert observed.kms_key is None
    assert in_short(decision, kms(named)) == BROKEN
    assert decision.reason.startswith(f"writes to this bucket fail: the KMS key {named} cannot be used")
    assert why in decision.reason


@pytest.mark.parametrize("named", [key_arn("mrk-1"), "mrk-1"], ids=["ARN", "bare id"])
def test_a_multi_region_key_of_this_region_is_like_any_other(named: str) -> None:
    observed = observe(requirements(), kms(named), a_key(key_arn("mrk-1")))

    decision = decide_default_encryption(requirements(), a_call(), observed)

    assert isinstance(decision, Compliant)


def test_aws_s3_of_another_region_is_critical_and_replaced() -> None:
    found = kms(f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/aws/s3")

    decision = decide_default_encryption(
        requirements(), a_call("PutBucketAcl"), observe(requirements(), found)
    )

    assert in_short(decision, found) == "CRITICAL: aws:kms under K"
    assert "writes to this bucket fail, because it is in eu-west-1" in decision.reason


@pytest.mark.parametrize(
    ("origin", "named"),
    [
        ("EXTERNAL", "its key material was imported"),
        ("EXTERNAL_KEY_STORE", "its key material is in an external key store"),
        ("TOMORROWS", "does not know ('TOMORROWS')"),
    ],
)
@pytest.mark.parametrize("mode", ["account", "list"])
def test_a_key_whose_material_others_may_hold_is_approved_only_by_list(
    origin: str, named: str, mode: str
) -> None:
    required = policies(SSE_KMS)[mode]
    observed = observe(required, kms(UNLISTED_KEY), a_key(UNLISTED_KEY, origin=origin))

    decision = decide_default_encryption(required, a_call(), observed)

    assert in_short(decision, kms(UNLISTED_KEY)) == "HIGH: manual"
    assert named in decision.reason
    assert "ransom" in decision.reason
    assert ("in the list of approved keys" in decision.reason) is (mode == "list")
    assert ("ApprovedKeys=account" in decision.reason) is (mode == "account")


@pytest.mark.parametrize("origin", ["EXTERNAL", "EXTERNAL_KEY_STORE"])
def test_a_listed_key_with_outside_material_is_compliant(origin: str) -> None:
    required = policies(SSE_KMS)["list"]
    observed = observe(required, kms(TEAM_KEY), a_key(TEAM_KEY, origin=origin))

    assert isinstance(decide_default_encryption(required, a_call(), observed), Compliant)


@pytest.mark.parametrize("mode", ["account", "list"])
def test_an_unapproved_key_of_cloudhsm_is_judged_like_any_other(mode: str) -> None:
    required = policies(SSE_KMS)[mode]
    observed = observe(required, kms(UNLISTED_KEY), a_key(UNLISTED_KEY, origin="AWS_CLOUDHSM"))

    decision = decide_default_encryption(required, a_call(), observed)

    assert isinstance(decision, Compliant) is (mode == "account")
    assert "ransom" not in decision.reason


def test_a_key_with_outside_material_is_replaced_where_unapproved_keys_are() -> None:
    required = requirements(replace_unapproved=True)
    observed = observe(required, kms(UNLISTED_KEY), a_key(UNLISTED_KEY, origin="EXTERNAL"))

    decision = decide_default_encryption(required, a_call(), observed)

    assert in_short(decision, kms(UNLISTED_KEY)) == "HIGH: aws:kms under K"


def test_a_key_that_lost_its_imported_material_is_broken() -> None:
    key = a_key(UNLISTED_KEY, origin="EXTERNAL", state="PendingImport")

    decision = decide_default_encryption(
        requirements(), a_call(), observe(requirements(), kms(UNLISTED_KEY), key)
    )

    assert in_short(decision, kms(UNLISTED_KEY)) == BROKEN


def test_a_report_says_what_a_person_can_do() -> None:
    required = requirements(listed_keys=LISTED)

    decision = decide_default_encryption(
        required, a_call(), observe(required, kms(UNLISTED_KEY), a_key(UNLISTED_KEY))
    )

    assert isinstance(decision, Manual)
    assert "ApprovedKeys" in decision.recommendation


def test_a_broken_key_is_named_with_its_state() -> None:
    observed = observe(requirements(), kms(TEAM_ALIAS), a_key(state="PendingDeletion"))

    decision = decide_default_encryption(requirements(), a_call(), observed)

    assert f"{TEAM_KEY} cannot be used, because its state is PendingDeletion" in decision.reason


@pytest.mark.parametrize("named", ["alias/team", TEAM_KEY.rpartition("/")[2]], ids=["alias", "bare id"])
@pytest.mark.parametrize(
    ("writer", "reported"),
    [("444455556666", True), ("111122223333", False)],
    ids=["another account writes", "only this account writes"],
)
def test_a_name_that_depends_on_the_writer_is_low_where_other_accounts_write(
    named: str, writer: str, reported: bool
) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": writer},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::payroll/*",
    }
    observed = ObservedBucket(
        read_at=NOON,
        encryption=encryption(SSE_KMS, named, bucket_key=True),
        kms_key=a_key(TEAM_KEY),
        access=BucketAccess(policy={"Statement": [statement]}),
    )

    decision = decide_default_encryption(requirements(), a_call(), observed)

    assert isinstance(decision, Manual) is reported
    if isinstance(decision, Manual):
        assert decision.severity is Severity.LOW
        assert writer in decision.reason


def test_a_full_arn_does_not_depend_on_the_writer() -> None:
    observed = ObservedBucket(
        read_at=NOON,
        encryption=encryption(SSE_KMS, TEAM_KEY, bucket_key=True),
        kms_key=a_key(TEAM_KEY),
        access=BucketAccess(),
    )

    assert isinstance(decide_default_encryption(requirements(), a_call(), observed), Compliant)
