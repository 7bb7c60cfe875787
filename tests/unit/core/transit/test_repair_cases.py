"""What happens to a policy, from the verdict through the guard to the text that is written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseal.core.checks.buckets.intent import Intent
from reseal.core.checks.buckets.tls_only import decide_tls_only
from reseal.core.decision import Compliant, Decision, Manual, Remediate, Severity
from reseal.core.guards.tls_impact import unless_http_is_used
from reseal.core.state.bucket_access import BucketAccess
from reseal.core.state.bucket_policy import BucketPolicy
from reseal.core.transit.facts import TransitFacts
from tests.unit.core.transit.cases import ACCOUNT, BUCKET, SERVICE_IS_SPARED, allow, deny, policy

NOTHING = TransitFacts(access=BucketAccess())
SID = "ResealDenyInsecureTransport"
OURS = deny(Sid=SID)


def decided(document: Any, facts: TransitFacts = NOTHING, arn: str = BUCKET) -> Decision:
    found = BucketPolicy.of(document)
    decision = decide_tls_only(found, arn, ACCOUNT, Intent.DRIFT, facts)
    return unless_http_is_used(decision, found, ACCOUNT, facts)


def written(document: Any, arn: str = BUCKET) -> str:
    decision = decided(document, arn=arn)
    assert isinstance(decision, Remediate)
    return decision.change.applied_to(BucketPolicy.of(document)).to_document()["policy"]


def taken(*sids: str) -> dict[str, Any]:
    return policy(*(allow(Sid=sid) for sid in sids))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(None, policy(OURS), id="no policy"),
        pytest.param(policy(allow()), policy(allow(), OURS), id="appended last"),
        pytest.param(
            {"Version": "2012-10-17", "Statement": allow()},
            policy(allow(), OURS),
            id="statement without list",
        ),
        pytest.param(
            {"Version": "2008-10-17", "Id": "Policy1", "Statement": [allow()]},
            {"Version": "2008-10-17", "Id": "Policy1", "Statement": [allow(), OURS]},
            id="old version and Id",
        ),
        pytest.param({"Statement": [allow()]}, {"Statement": [allow(), OURS]}, id="no version"),
        pytest.param({"Statement": []}, {"Statement": [OURS]}, id="empty list"),
        pytest.param(
            policy(deny(Sid="Old", Resource=f"{BUCKET}/*")),
            policy(deny(Sid="Old", Resource=f"{BUCKET}/*"), OURS),
            id="part of somebody's",
        ),
        pytest.param(taken(SID), policy(allow(Sid=SID), deny(Sid=f"{SID}2")), id="Sid taken"),
        pytest.param(
            taken(f"{SID}2", SID),
            policy(allow(Sid=f"{SID}2"), allow(Sid=SID), deny(Sid=f"{SID}3")),
            id="Sid taken twice",
        ),
        pytest.param(
            policy(allow(Future="x")) | {"Extra": 1},
            policy(allow(Future="x"), OURS) | {"Extra": 1},
            id="unknown members",
        ),
    ],
)
def test_policy_that_is_written(before: Any, after: Any) -> None:
    text = written(before)

    assert text == json.dumps({**(before or after), "Statement": after["Statement"]}, separators=(",", ":"))
    assert json.loads(text) == after
    assert isinstance(decided(text), Compliant)


def test_arns_are_of_the_buckets_partition() -> None:
    arn = "arn:aws-us-gov:s3:::example-bucket"

    assert json.loads(written(None, arn))["Statement"][0]["Resource"] == [arn, f"{arn}/*"]


@pytest.mark.parametrize(
    "document", [policy(allow(), OURS), policy(deny(Condition=SERVICE_IS_SPARED))], ids=["ours", "carve-out"]
)
def test_policy_that_is_left_alone(document: Any) -> None:
    assert isinstance(decided(document), Compliant)


ODD: Any = st.sampled_from(
    [
        None,
        "",
        "*",
        "x",
        7,
        True,
        [],
        ["*"],
        [None],
        {},
        {"AWS": []},
        {"AWS": ["*", 7]},
        {"Service": {}},
        "${x}",
        {"CanonicalUser": [None]},
        {"Bool": None},
        {"Bool": {"aws:SecureTransport": {}}},
        {"Null": {"": "true"}},
    ]
)
ELEMENTS = ("Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition", "Sid")
ODD_STATEMENTS = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny", 7])}, optional=dict.fromkeys(ELEMENTS, ODD)
)


@given(st.lists(ODD_STATEMENTS | ODD, max_size=3), st.booleans())
def test_malformed_policy_is_no_error_and_converges_where_it_is_written(
    statements: Any, public: bool
) -> None:
    facts = TransitFacts(access=BucketAccess(policy_is_public=public, has_website=public))

    decision = decided(policy(*statements), facts)

    if isinstance(decision, Remediate):
        after = decision.change.applied_to(BucketPolicy.of(policy(*statements)))
        again = decided(after.text, facts)
        assert isinstance(again, Compliant) or again.severity is Severity.LOW  # type: ignore[union-attr]


LONG = policy(*(allow(Sid=f"S{number}", Resource=f"{BUCKET}/{'x' * 170}") for number in range(67)))
WEBSITE = TransitFacts(access=BucketAccess(has_website=True))
BLOCKED = TransitFacts(access=BucketAccess(policy_is_public=True, blocks_public_policy=True))
IDENTITY = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1EXAMPLE"


@pytest.mark.parametrize(
    ("document", "facts", "severity", "word"),
    [
        pytest.param(LONG, NOTHING, Severity.MEDIUM, "20480", id="too large"),
        pytest.param(
            policy(allow(Principal={"AWS": "AROAEXAMPLEEXAMPLE123"})),
            NOTHING,
            Severity.MEDIUM,
            "'AROAEXAMPLEEXAMPLE123' in statement 'Read'",
            id="deleted principal",
        ),
        pytest.param(
            policy(allow(Principal="*")), BLOCKED, Severity.MEDIUM, "BlockPublicPolicy", id="public"
        ),
        pytest.param(policy(allow()), WEBSITE, Severity.MEDIUM, "website", id="website"),
        pytest.param(
            policy(allow(Principal={"AWS": IDENTITY})), NOTHING, Severity.MEDIUM, "E1EXAMPLE", id="OAI"
        ),
        pytest.param(
            policy(deny(Sid=SID, Condition={"Bool": {"aws:SecureTransport": "true"}})),
            NOTHING,
            Severity.CRITICAL,
            f"statement '{SID}' of the bucket policy refuses TLS to every caller",
            id="refuses TLS",
        ),
        pytest.param("{", NOTHING, Severity.MEDIUM, "1 bytes that Reseal cannot read", id="malformed"),
    ],
)
def test_policy_that_needs_a_person(
    document: Any, facts: TransitFacts, severity: Severity, word: str
) -> None:
    decision = decided(document, facts)

    assert isinstance(decision, Manual)
    assert decision.severity is severity
    assert word in decision.reason
    assert decision.recommendation
