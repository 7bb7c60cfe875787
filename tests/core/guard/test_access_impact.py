"""Who would be locked out: the table of `cases.py`, and what the guard makes of it."""

from __future__ import annotations

import pytest

from reseal.core.decision import Compliant, Remediate, Report, Severity
from reseal.core.encryption import EncryptionChange
from reseal.core.guard.exposure import Exposure
from reseal.core.guard.impact import Impact, impact_of
from reseal.core.guard.key_access import KeyPolicy
from reseal.core.remediation import guard_access
from tests.builders import ACCOUNT, BUCKET_KEY, DEFAULT_ENCRYPTION, REGION, SSE_KMS, K, encryption
from tests.core.guard.cases import PAIRS, THE_STACKS_KEY, Pair, Situation

TO_K = Remediate(
    change=EncryptionChange(algorithm=SSE_KMS, key_arn=K), severity=Severity.HIGH, reason="it was lowered"
)


def key_policy(situation: Situation) -> KeyPolicy:
    document = {"Version": "2012-10-17", "Statement": [*THE_STACKS_KEY, *situation.key]}
    readable = document if situation.key_is_readable else None
    return KeyPolicy(key_arn=K, document=readable, account=ACCOUNT, region=REGION)


def impacts(situation: Situation) -> tuple[Impact, ...]:
    return impact_of(situation.exposure, key_policy(situation), situation.algorithm)


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
    public = PAIRS[0].stopped.exposure.policy
    assert public is not None
    twice = Exposure(policy={"Statement": [*public["Statement"], *public["Statement"]]})

    assert len(impacts(Situation(twice))) == 1


def test_whom_a_hidden_policy_may_admit_is_not_certain() -> None:
    (hidden,) = (pair for pair in PAIRS if "hidden" in pair.name)

    assert [impact.certain for impact in impacts(hidden.stopped)] == [False]


def test_a_key_of_the_china_partition_is_used_through_its_own_suffix() -> None:
    china = "arn:aws-cn:kms:cn-north-1:444455556666:key/1"
    via = {"StringEquals": {"kms:ViaService": "s3.cn-north-1.amazonaws.com.cn"}}
    statement = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": via}
    key = KeyPolicy(key_arn=china, document={"Statement": statement}, account=ACCOUNT, region="cn-north-1")
    (partner,) = (pair for pair in PAIRS if pair.name == "another account reads")

    assert impact_of(partner.stopped.exposure, key, SSE_KMS) == ()


@pytest.mark.parametrize(
    "key", [{"NotPrincipal": {"AWS": "*"}}, {"Principal": None}], ids=["NotPrincipal", "none"]
)
def test_a_key_statement_that_names_nobody_admits_nobody(key: dict[str, object]) -> None:
    statement = {"Effect": "Allow", "Action": "kms:*", "Resource": "*", **key}
    (partner,) = (pair for pair in PAIRS if pair.name == "another account reads")

    assert impacts(Situation(partner.stopped.exposure, (statement,)))


@pytest.mark.parametrize(
    "policy",
    [{}, {"Statement": "text"}, {"Statement": [None]}, {"Statement": [{"Effect": "Allow", "Principal": 7}]}],
    ids=["empty", "text", "null", "odd principal"],
)
def test_an_odd_policy_document_names_nobody(policy: dict[str, object]) -> None:
    assert impacts(Situation(Exposure(policy=policy))) == ()


def test_a_remediation_that_would_lock_somebody_out_becomes_a_report() -> None:
    situation = PAIRS[0].stopped

    guarded = guard_access(
        {DEFAULT_ENCRYPTION: TO_K}, encryption(), situation.exposure, key_policy(situation)
    )

    report = guarded[DEFAULT_ENCRYPTION]
    assert isinstance(report, Report)
    assert report.severity is Severity.HIGH
    assert report.reason.startswith("it was lowered; not remediated, since under")


def test_a_remediation_that_locks_nobody_out_stays() -> None:
    situation = PAIRS[0].twin

    guarded = guard_access(
        {DEFAULT_ENCRYPTION: TO_K}, encryption(), situation.exposure, key_policy(situation)
    )

    assert guarded == {DEFAULT_ENCRYPTION: TO_K}


def test_what_does_not_set_a_key_is_none_of_the_guards_business() -> None:
    situation = PAIRS[0].stopped
    bucket_key = Remediate(change=EncryptionChange(bucket_key=True), severity=Severity.LOW, reason="off")
    decisions = {BUCKET_KEY: bucket_key, DEFAULT_ENCRYPTION: Compliant("fine")}

    assert guard_access(decisions, encryption(), situation.exposure, key_policy(situation)) == decisions
