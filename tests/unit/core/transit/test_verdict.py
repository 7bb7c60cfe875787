"""Whether a bucket policy denies plain HTTP: known answers, and laws against an independent judge."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.session import Session
from hypothesis import given

from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.state.deny_insecure_transport import DenyInsecureTransport
from reseal.core.transit.verdict import TransitVerdict, in_words, refused_services, verdict_of
from tests.unit.core.transit.authors import policy as by_chance
from tests.unit.core.transit.cases import (
    ACCOUNT,
    BUCKET,
    NO,
    SERVICE_IS_SPARED,
    YES,
    Case,
    allow,
    deny,
    on,
    policy,
)
from tests.unit.core.transit.oracle import undenied_over_http

PARTITIONS = Session().get_available_partitions()


def judged(document: Any) -> TransitVerdict:
    return verdict_of(BucketPolicy.of(document), BUCKET)


@pytest.mark.parametrize("case", [*YES, *NO], ids=lambda case: case.name)
def test_which_policies_deny_all_plain_http(case: Case) -> None:
    assert judged(case.policy).denies_http is case.denied


@pytest.mark.parametrize("case", YES, ids=lambda case: case.name)
def test_judge_agrees_with_each_yes_of_the_table(case: Case) -> None:
    assert list(undenied_over_http(case.policy)) == []


@given(by_chance())
def test_repaired_policy_denies_all_plain_http_and_refuses_no_more_tls(document: dict[str, Any]) -> None:
    change = DenyInsecureTransport(bucket_arn=BUCKET)
    before = BucketPolicy.of(document)

    after = verdict_of(change.applied_to(before), BUCKET)

    assert after.denies_http
    assert bool(after.denies_tls) is bool(verdict_of(before, BUCKET).denies_tls)


@pytest.mark.parametrize("partition", PARTITIONS)
def test_repair_is_recognised_in_every_partition_and_in_no_other(partition: str) -> None:
    arn = f"arn:{partition}:s3:::example-bucket"

    written = DenyInsecureTransport(bucket_arn=arn).applied_to(BucketPolicy())

    denied_in = [
        other for other in PARTITIONS if verdict_of(written, f"arn:{other}:s3:::example-bucket").denies_http
    ]
    assert denied_in == [partition]


@pytest.mark.parametrize(
    ("document", "named"),
    [
        (policy(allow(), deny(Sid="Mine")), ("statement 'Mine'",)),
        (policy(allow(), {k: v for k, v in deny().items() if k != "Sid"}), ("statement 2",)),
        (
            policy(deny(Sid="A", Resource=BUCKET), deny(Sid="B"), deny(Sid="C")),
            ("statement 'B'",),
        ),
        (
            policy(
                deny(Sid="A", Resource=BUCKET), on(Bool={"x": "y"}), deny(Sid="C", Resource=f"{BUCKET}/*")
            ),
            ("statement 'A'", "statement 'C'"),
        ),
        (policy(deny(Sid="S" * 99)), (f"statement {'S' * 80!r}... (99 characters)",)),
    ],
)
def test_verdict_names_the_statements_that_deny_plain_http(document: Any, named: tuple[str, ...]) -> None:
    verdict = judged(document)

    assert verdict.statements == named
    assert in_words(named) in verdict.reason


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (None, "the bucket has no policy that denies plain HTTP requests"),
        ("{", "the bucket policy cannot be read"),
        (
            policy(allow()),
            (
                "plain HTTP requests of callers without a signature and signed callers to the bucket itself "
                "and its objects may pass the bucket policy"
            ),
        ),
        (
            policy(deny(Sid="Old", Resource=f"{BUCKET}/*")),
            (
                "plain HTTP requests of callers without a signature and signed callers to the bucket itself "
                "may pass the bucket policy; statement 'Old' denies only a part of them"
            ),
        ),
        (
            policy(
                deny(NotPrincipal={"AWS": ACCOUNT}, Resource=BUCKET), deny(Sid="B", Resource=f"{BUCKET}/*")
            ),
            (
                "plain HTTP requests of signed callers to the bucket itself may pass the bucket policy; "
                "statement 'Deny' and statement 'B' denies only a part of them"
            ),
        ),
    ],
)
def test_verdict_says_whose_requests_pass(document: Any, reason: str) -> None:
    assert judged(document).reason == reason


@pytest.mark.parametrize(
    ("document", "spares"),
    [
        (policy(deny(Condition=SERVICE_IS_SPARED)), True),
        (policy(deny(Condition=SERVICE_IS_SPARED, Resource=f"{BUCKET}/*"), deny(Resource=BUCKET)), True),
        (policy(deny(Condition=SERVICE_IS_SPARED, Resource=f"{BUCKET}/*")), False),
        (policy(deny()), False),
        (None, False),
    ],
)
def test_exemption_of_services_by_bool_spares_callers_without_a_signature(
    document: Any, spares: bool
) -> None:
    assert judged(document).spares_anonymous is spares


@pytest.mark.parametrize(
    ("document", "refused"),
    [
        (policy(on(Bool={"aws:SecureTransport": "true"})), True),
        (policy(on(Bool={"aws:SecureTransport": ["true", "false"]})), True),
        (policy(on(Null={"aws:SecureTransport": "false"})), True),
        (policy(on(Bool={"aws:SecureTransport": "true"}) | {"Action": "s3:GetObject"}), True),
        (policy(on(Bool={"aws:SecureTransport": "true"}) | {"Resource": f"{BUCKET}/logs/*"}), True),
        (policy(deny(NotAction="iam:*", Condition={"Bool": {"aws:SecureTransport": "true"}})), True),
        (policy(on(NumericLessThan={"s3:TlsVersion": "2"})), True),
        (policy(deny(Condition={})), True),
        (policy(deny(Condition={}, Resource=f"{BUCKET}/*")), True),
        (policy(on(NumericLessThan={"s3:TlsVersion": "1.2"})), False),
        (policy(on(NumericLessThan={"s3:TlsVersion": "1.3"})), False),
        (policy(deny(Condition={}, Action="s3:DeleteBucket")), False),
        (
            policy(deny(Principal={"AWS": ACCOUNT}, Condition={"Bool": {"aws:SecureTransport": "true"}})),
            False,
        ),
        (policy(on(Bool={"aws:SecureTransport": "true"}) | {"Resource": "arn:aws:s3:::another/*"}), False),
        (policy(on(Bool={"aws:SecureTransport": "true"}) | {"Action": "iam:*"}), False),
        (policy(on(Bool={"aws:SecureTransport": "true"}) | {"Future": 1}), False),
        (policy(deny(NotAction="s?:*", Condition={"Bool": {"aws:SecureTransport": "true"}})), False),
        (policy(deny(NotAction="s3:*", Condition={"Bool": {"aws:SecureTransport": "true"}})), False),
        (
            policy(
                on(Bool={"aws:SecureTransport": "true"}, StringEquals={"aws:PrincipalOrgID": "o-1"}),
            ),
            False,
        ),
        (policy(deny() | {"NotAction": "x", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}), False),
        (policy(deny()), False),
    ],
)
def test_which_policies_refuse_tls_to_every_caller(document: Any, refused: bool) -> None:
    assert bool(judged(document).denies_tls) is refused


@pytest.mark.parametrize(
    ("condition", "denied"),
    [
        ({"Bool": {"aws:SecureTransport": "false"}}, False),
        ({"BoolIfExists": {"aws:SecureTransport": "false"}}, True),
        ({"ForAllValues:Bool": {"aws:SecureTransport": "false"}}, True),
        ({"Null": {"aws:SecureTransport": "true"}}, True),
        ({"NumericLessThanIfExists": {"s3:TlsVersion": "1.2"}}, True),
        (
            {
                "BoolIfExists": {"aws:SecureTransport": "false", "aws:PrincipalIsAWSService": "false"},
            },
            False,
        ),
        ({}, False),
    ],
)
def test_services_are_denied_where_the_missing_key_counts_as_plain_http(condition: Any, denied: bool) -> None:
    assert judged(policy(deny(Condition=condition))).also_denies_services is denied


LOGS, TRAIL = "logging.s3.amazonaws.com", "cloudtrail.amazonaws.com"
DELIVERIES = allow(Principal={"Service": [LOGS, TRAIL]}, Action="s3:PutObject")


@pytest.mark.parametrize(
    ("condition", "services"),
    [
        ({"Bool": {"aws:SecureTransport": "false"}}, ()),
        ({"BoolIfExists": {"aws:SecureTransport": "false"}}, (TRAIL, LOGS)),
        (
            {
                "BoolIfExists": {"aws:SecureTransport": "false"},
                "StringNotEqualsIfExists": {"aws:PrincipalServiceName": LOGS},
            },
            (TRAIL,),
        ),
    ],
)
def test_services_that_the_policy_lets_in_and_may_refuse_are_named(
    condition: Any, services: tuple[str, ...]
) -> None:
    found = BucketPolicy.of(policy(DELIVERIES, deny(Condition=condition)))

    assert refused_services(found, BUCKET, ACCOUNT) == tuple(map(repr, services))
    assert refused_services(BucketPolicy(), BUCKET, ACCOUNT) == ()


def test_service_is_not_refused_by_a_statement_about_others() -> None:
    condition = {"BoolIfExists": {"aws:SecureTransport": "false"}}
    of_ann = deny(Condition=condition, Principal={"AWS": ACCOUNT})
    elsewhere = deny(Condition=condition, Resource="arn:aws:s3:::another/*")

    for statement in (of_ann, elsewhere):
        found = BucketPolicy.of(policy(DELIVERIES, statement))
        assert refused_services(found, BUCKET, ACCOUNT) == ()


def test_many_names_are_counted() -> None:
    assert in_words(tuple("abcdefg")) == "a and b and c and d and e and 2 more"


def test_policy_that_splits_the_requests_too_often_is_not_certain() -> None:
    statements = [
        deny(Condition={"StringEquals": {f"aws:PrincipalTag/{row}-{column}": "x" for column in range(9)}})
        for row in range(6)
    ]

    assert not judged(policy(*statements)).denies_http


def test_large_policy_of_many_parts_names_all_of_its_statements() -> None:
    parts = [deny(Sid=f"S{number}", Resource=f"{BUCKET}/{number}/*") for number in range(12)]
    rest = deny(Sid="Rest", NotResource=[f"{BUCKET}/{number}/*" for number in range(12)])

    verdict = judged(policy(*parts, rest))

    assert verdict.denies_http
    assert len(verdict.statements) == 13
    assert verdict.reason.endswith("and 8 more")
